// What a tool is: what it takes, what it does for whom, and what it answers.
import type { z } from 'zod';
import type { InboxScope } from '../client/inbox.ts';
import type { Session } from '../client/session.ts';

/** The agent behind the connection: where its requests come from. */
export interface Caller {
  readonly session: Session;
  readonly scope: InboxScope;
  readonly umask: number;
  /** How long a tool may take to answer when the call does not say, in ms. */
  readonly waitLimitMs: number;
}

export interface Progress {
  /** Grows with each report; seconds. */
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}

export interface ToolRequest {
  /** Aborted when the client cancels the call. */
  readonly signal: AbortSignal;
  /** Null: the client did not ask for it. */
  readonly report: ((progress: Progress) => void) | null;
}

export interface Outcome {
  /** Text as it is; an object as JSON. */
  readonly answer: string | object;
  readonly isError?: boolean;
  /** Tasks with the `seq` of the last event told of each, so that the inbox need not tell it again. */
  readonly shown?: ReadonlyMap<string, number>;
}

export interface Tool {
  readonly description: string;
  readonly input: z.ZodObject;
  /** It changes nothing. */
  readonly isReadOnly: boolean;
  /** `input` is what the schema let pass. Throws BabysitError. */
  call(caller: Caller, input: unknown, request: ToolRequest): Promise<Outcome>;
}

/** Keeps the type of the input for `call`. */
export function defineTool<S extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'call'> & {
    readonly input: S;
    readonly call: (caller: Caller, input: z.output<S>, request: ToolRequest) => Promise<Outcome>;
  },
): Tool {
  return tool as unknown as Tool;
}
