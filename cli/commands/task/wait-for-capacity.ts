// babysit wait_for_capacity: blocks until capacity is free, and holds it as a lease for the next run.
import type { LeaseView, TicketBody, WaitingView } from '../../../src/api/schemas/capacity.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { bodyFromFlags, flagsOf } from '../../../src/request/flags.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { holdTicket } from '../../client/ticket.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Flags } from '../../input/argv.ts';
import { currentProject, findOwner } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';
import { holdText } from '../../output/hold-text.ts';
import { humanCores, humanSize, humanStart } from '../../output/human.ts';
import { localTime } from '../../output/local-time.ts';

export const FLAGS = {
  ...flagsOf('wait_for_capacity'),
  timeout: { kind: 'text', value: 'DURATION', help: 'stop waiting after this time, with exit 124' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    'wait_for_capacity [--mem_bytes=SIZE] [--cpu_cores=N] [--estimated_time=DURATION] [--timeout=DURATION] [flags]',
  about: `Takes a place in the queue, prints the place on stderr, and blocks until there is room. Then it prints the lease and exits 0:
the next run of the same owner that fits, or the one with --lease=ID, gets the room. One call is enough: do not poll.
Ending it gives up the place.`,
  flags: FLAGS,
  examples: [
    "babysit wait_for_capacity --mem_bytes=8G --cpu_cores=2 --timeout=1h && babysit run --estimated_mem_bytes=8G --estimated_cpu_cores=2 --command='make test'",
  ],
  run: waitForCapacity,
});

/** The longest delay of setTimeout; 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;

async function waitForCapacity(
  context: Context,
  { flags, positionals }: { flags: Flags<typeof FLAGS>; positionals: string[] },
): Promise<number> {
  noPositionals(positionals, 'wait_for_capacity');
  const { output } = context;
  const body = readBody(flags, context.env);
  const timeoutMs = flags.timeout === undefined ? null : parseDuration(flags.timeout, '--timeout');
  const abort = new AbortController();
  let sleeper: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    if (timeoutMs === null) return;
    const error = new BabysitError('capacity_timeout', 'no capacity was free within --timeout');
    sleeper = setTimeout(() => reject(error), Math.min(timeoutMs, TIMER_MAX_MS));
  });
  const held = holdTicket(
    context.session,
    body,
    (view) => output.notify(view, () => waitingText(view)),
    abort.signal,
  );
  try {
    const lease = await Promise.race([held, timedOut]);
    output.result(lease, () => leaseText(lease));
    return EXIT.ok;
  } finally {
    held.catch(() => {});
    abort.abort();
    clearTimeout(sleeper);
  }
}

function readBody(flags: Flags<typeof FLAGS>, env: NodeJS.ProcessEnv): TicketBody {
  return {
    ...bodyFromFlags('wait_for_capacity', flags),
    project: currentProject(),
    owner: findOwner(flags.owner, env),
  };
}

function waitingText(waiting: WaitingView): string {
  const { dim, position, blocked_by, hold } = waiting;
  if (hold !== undefined) return `${holdText(hold)}; ${humanStart(waiting)}\n`;
  const blocker = blocked_by.length === 0 ? '' : `, blocked by ${escapeField(blocked_by.join(', '))}`;
  return `waiting for ${dim}, position ${position ?? 'unknown'} in the queue${blocker}; ${humanStart(waiting)}\n`;
}

function leaseText(lease: LeaseView): string {
  const capacity = `${humanSize(lease.mem_bytes)} and ${humanCores(lease.cpu_cores)} cores`;
  return `${capacity} held until ${localTime(lease.expires_at)} for the next run, or for: babysit run --lease=${lease.lease}\n`;
}
