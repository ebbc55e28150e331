// The verbs that change one task: POST /v1/tasks/:ref/<verb>. Routes and the service port derive from this table.
import type { z } from 'zod';
import { ADJUST, parseAdjust } from './change/adjust.ts';
import { KILL, parseKill } from './change/kill.ts';
import { parseRetry, RETRY } from './change/retry.ts';
import type { TaskView } from './task.ts';

interface ChangeRow {
  /** Reads the body of the request. Throws BabysitError usage. */
  readonly parse: (body: unknown) => unknown;
  /** Null: the body is ignored. */
  readonly body: z.ZodType | null;
  /** 202: the change is recorded and takes effect later. */
  readonly status: 200 | 202;
}

const noInput = (): void => {};

export const CHANGES = {
  kill: { parse: parseKill, body: KILL, status: 202 },
  pause: { parse: noInput, body: null, status: 200 },
  resume: { parse: noInput, body: null, status: 200 },
  adjust: { parse: parseAdjust, body: ADJUST, status: 200 },
  retry: { parse: parseRetry, body: RETRY, status: 200 },
} as const satisfies Readonly<Record<string, ChangeRow>>;

export type ChangeVerb = keyof typeof CHANGES;

/** One method a verb: takes a name or id, what `parse` returns and who asks; resolves with the changed task. */
export type Changes = {
  readonly [V in ChangeVerb]: (
    ref: string,
    input: ReturnType<(typeof CHANGES)[V]['parse']>,
    by: string | null,
  ) => Promise<TaskView>;
};
