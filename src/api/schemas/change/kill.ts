// POST /v1/tasks/:ref/kill: the first signal, and who asks.
import { z } from 'zod';
import { BabysitError } from '../../../core/errors.ts';
import { check } from '../check.ts';
import { absolutePath, owner } from '../fields.ts';

const flag = z.boolean();
const text = z.string();

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;
export const KILL = z.strictObject({
  force: flag.optional(),
  signal: text.optional(),
  owner: owner.optional().describe('owner of the caller; default: its project'),
  project: absolutePath.optional(),
});
export type KillBody = z.output<typeof KILL>;

export interface KillRequest {
  /** Sent first and at once; SIGKILL skips the grace time. Null: the first step of the kill ladder. */
  readonly signal: NodeJS.Signals | null;
  /** The owner, or the project, whose inbox need not report the end; null: not given, as by a person at the dashboard. */
  readonly owner: string | null;
  /** The agent session that asks; null: a person. */
  readonly session: string | null;
}

export function parseKill(body: unknown): KillRequest {
  const { force, signal, owner, project } = check(KILL, body ?? {});
  return {
    signal: force ? 'SIGKILL' : signalOf(signal),
    owner: owner ?? project ?? null,
    session: owner ?? null,
  };
}

function signalOf(signal: string | undefined): NodeJS.Signals | null {
  if (signal === undefined) return null;
  const name = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`;
  const known = SIGNALS.find((candidate) => candidate === name);
  if (known === undefined)
    throw new BabysitError('usage', `signal: "${signal}" is not one of ${SIGNALS.join(', ')}`);
  return known;
}
