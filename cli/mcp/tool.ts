// Defines a tool: its input, its caller and its result.
import type { z } from 'zod';
import type { InboxScope } from '../client/inbox.ts';
import type { Session } from '../client/session.ts';
import type { Channel } from './channel.ts';
import type { WaitTask } from './wait-task.ts';

/** The agent at the other end of the connection. */
export interface Caller {
  readonly session: Session;
  readonly scope: InboxScope;
  readonly umask: number;
  /** The longest wait of a call without its own timeout, in ms. Null: as long as the client waits. */
  readonly waitLimitMs: number | null;
  /** Send the ends and warnings of the owner's tasks as messages: see channel.ts. Null: no channel. */
  readonly channel: Channel | null;
}

export interface Progress {
  /** Seconds; grows with each report. */
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}

export interface ToolRequest {
  /** The longest wait of this call without its own timeout, in ms. */
  readonly waitLimitMs: number;
  /** Aborted when the client cancels the call. */
  readonly signal: AbortSignal;
  /** Null when the client did not request progress. */
  readonly report: ((progress: Progress) => void) | null;
  /** The answer will show the events of this task: no other message of them is needed. */
  covers(id: string): void;
  /** The client takes a handle instead of an answer: see wait-task.ts. */
  readonly takesTask: boolean;
}

export interface Outcome {
  readonly answer: object;
  /** What a client without structured results shows; absent: the answer as JSON. */
  readonly text?: string;
  readonly isError?: boolean;
  /** Task ids with the `seq` of the last event in the answer. The inbox does not show these events again. */
  readonly shown?: ReadonlyMap<string, number>;
  /** The client gets this handle instead of the answer. */
  readonly task?: WaitTask;
}

export interface Tool {
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** The tool changes no state. */
  readonly isReadOnly: boolean;
  /** `input` has passed the schema. Throws BabysitError. */
  call(caller: Caller, input: unknown, request: ToolRequest): Promise<Outcome>;
}

/** Types the input for `call`. */
export function defineTool<S extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'call'> & {
    readonly input: S;
    readonly call: (caller: Caller, input: z.output<S>, request: ToolRequest) => Promise<Outcome>;
  },
): Tool {
  return tool as unknown as Tool;
}
