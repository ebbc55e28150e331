// Converts a refusal of admission to an error with the command that would be accepted.
import type { HeldByView } from '../../api/schemas/hold.ts';
import type { BlockedView, StartView } from '../../api/schemas/task.ts';
import { counted } from '../../core/counted.ts';
import { BabysitError } from '../../core/errors.ts';
import type { EstimateBasis } from '../../core/estimate.ts';
import type { StartHold } from '../../core/host/start-hold.ts';
import type { RunRequest } from '../../request/request.ts';
import { suggestedCommand } from '../../request/suggest.ts';
import type { Admission, Infeasible } from '../../scheduler/admission.ts';
import { type Blocked, holdsRoom } from '../../scheduler/explain.ts';
import type { StartForecast } from '../../scheduler/forecast.ts';
import { formatDuration } from '../../units/duration.ts';
import { roundCores } from '../../units/number.ts';
import { formatSize, parseSize } from '../../units/size.ts';
import { adviceView } from './learned-view.ts';
import { type LargestOutside, outsideText } from './outside.ts';

/** Returns null when admission has accepted or queued the task. */
export function refusal(
  admission: Admission,
  run: RunRequest,
  basis: EstimateBasis | undefined,
  nowMs: number,
  largestOutside: LargestOutside,
): BabysitError | null {
  switch (admission.kind) {
    case 'accept':
    case 'queue':
      return null;
    case 'queue_full':
      return new BabysitError(
        'queue_full',
        `the queue already has ${counted(admission.maxPending, 'pending task')}`,
        {
          limit: admission.maxPending,
        },
      );
    case 'infeasible':
      return infeasibleError(admission.why);
    case 'deny':
      return denied(admission.why, run, basis, nowMs, largestOutside);
  }
}

/** `flags`: those of the request that was refused, so that the hint works with the same command. */
export function infeasibleError(
  { dim, requested, limit, raise, profile }: Infeasible,
  flags: NeedFlags = RUN_FLAGS,
): BabysitError {
  const estimate = `${flags[dim]}=${amount(dim, requested)}`;
  return new BabysitError(
    'infeasible',
    profile === null
      ? `${estimate} can never be met: the limit is ${amount(dim, limit)}`
      : `${estimate} is above the limit of the active profile, ${amount(dim, limit)}, and no schedule changes it`,
    {
      dim,
      requested,
      limit,
      would_fit: amount(dim, limit),
      raise,
      hint: `Use ${flags[dim]}=${amount(dim, limit)} or less${alternative(raise, profile)}.`,
    },
  );
}

function alternative(raise: string | null, profile: string | null): string {
  if (raise === null) return '';
  if (profile !== null) return `, or switch with: ${raise}`;
  if (raise.startsWith('--')) return `, or add ${raise}`;
  const group = raise.split('.')[0];
  return `, or raise ${raise} (babysit config show ${group})`;
}

export function blockedView(blocked: Blocked): BlockedView {
  return {
    dim: blocked.dim,
    requested: roundCores(blocked.requested),
    available: roundCores(blocked.available),
    limit: roundCores(blocked.limit),
    ...(blocked.charged === null ? {} : { charged: roundCores(blocked.charged) }),
    short_by: roundCores(blocked.shortBy),
    ...(holdsRoom(blocked) ? { outside: roundCores(blocked.outside) } : {}),
    blocked_by: [...blocked.blockedBy],
    owners: [...blocked.owners],
    ...(blocked.hold === undefined ? {} : { hold: heldByView(blocked.hold) }),
    position: blocked.position,
    ...startView(blocked.start),
  };
}

export function heldByView({ scope, of, reason, by, until }: StartHold): HeldByView {
  return { scope, of, reason, by, until: isoTime(until) };
}

export function startView({ expectedMs, p90Ms, latestMs }: StartForecast): StartView {
  return {
    expected_start: isoTime(expectedMs),
    ...(p90Ms === null ? {} : { expected_start_p90: new Date(p90Ms).toISOString() }),
    latest_start: isoTime(latestMs),
  };
}

function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function denied(
  why: Blocked,
  run: RunRequest,
  basis: EstimateBasis | undefined,
  nowMs: number,
  largestOutside: LargestOutside,
): BabysitError {
  const advice = adviceView(basis);
  const { short_by: _, position: __, ...fields } = blockedView(why);
  return new BabysitError('capacity_exceeded', problemOf(why), {
    ...fields,
    hint: hintOf(why, nowMs, largestOutside),
    ...(advice === null ? {} : { advice }),
    suggested_command: suggestedCommand(run),
  });
}

function problemOf({ dim, requested, charged, available, blockedBy, hold }: Blocked): string {
  switch (dim) {
    case 'hold':
      return `${hold?.by} holds the start of ${hold?.scope === 'all' ? 'all tasks' : `tasks of this ${hold?.scope}`}${hold?.reason ? ` (${hold.reason})` : ''}`;
    case 'mem':
    case 'cpu': {
      const price = charged === null ? '' : ` and ${amount(dim, charged)} is charged, as earlier runs used`;
      return `${amount(dim, requested)} of ${dim} was requested${price}, ${amount(dim, available)} is available`;
    }
    case 'slots':
      return `a slot was requested, ${available} is available`;
    case 'reservation':
      return `it would delay ${blockedBy[0] ?? 'a task'}, whose turn comes first`;
    case 'profile':
      return `only the profile ${blockedBy[0]} has room for it`;
  }
}

function hintOf(why: Blocked, nowMs: number, largestOutside: LargestOutside): string {
  const { dim, start, blockedBy, hold } = why;
  if (hold?.until === null) return 'No end is set. Add --queue to start after the release; do not poll.';
  if (start.expectedMs === null) return withoutStart(why, largestOutside);
  // Whole seconds, rounded up: a start in a moment is not a start in 0 s.
  const inTime = formatDuration(1000 * Math.max(1, Math.ceil((start.expectedMs - nowMs) / 1000)));
  if (dim === 'hold')
    return `Held; the start is expected in ${inTime}: add --queue to start then; do not poll.`;
  return dim === 'profile'
    ? `Profile ${blockedBy[0]} in ${inTime}: add --queue to start then; do not poll.`
    : `Room in ${inTime}: add --queue to start then; do not poll.`;
}

/** No known end makes room: programs outside hold it, or paused tasks. */
function withoutStart({ dim, outside }: Blocked, largestOutside: LargestOutside): string {
  const names = outside > 0 ? outsideText(largestOutside()) : null;
  const named = names === null ? '' : ` (${names})`;
  if (dim === 'cpu' && outside > 0)
    return `Programs outside babysit use ${amount(dim, outside)} of the cores${named}: add --queue to start when they need less.`;
  return `Processes outside babysit use too much memory${named}, or tasks are paused: end some, or lower the estimate.`;
}

const MIB = 1024 ** 2;

/** Rounds down, so that the suggested size fits. */
function sizeAtMost(valueBytes: number): string {
  const text = formatSize(valueBytes);
  if (valueBytes < MIB || parseSize(text, 'size') <= valueBytes) return text;
  return `${Math.floor(valueBytes / MIB)}M`;
}

type NeedFlags = Readonly<Record<'mem' | 'cpu', string>>;

const RUN_FLAGS: NeedFlags = { mem: '--estimated_mem_bytes', cpu: '--estimated_cpu_cores' };
export const TICKET_FLAGS: NeedFlags = { mem: '--mem_bytes', cpu: '--cpu_cores' };

function amount(dim: 'mem' | 'cpu', value: number): string {
  return dim === 'mem' ? sizeAtMost(value) : `${Math.floor(value * 100 + 1e-6) / 100}`;
}
