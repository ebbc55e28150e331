// Says what a pending task waits for, for people.
import type { BlockedView } from '../../src/api/schemas/task.ts';
import { textWidth } from '../../src/text/width.ts';
import { holdText } from './hold-text.ts';
import { humanCores, humanOutside, humanSize } from './human.ts';

/** As `waitsFor`; `behind train +2` where the names do not fit. */
export function waitsForWithin(waiting: BlockedView | null, columns: number): string {
  const whole = waitsFor(waiting);
  const [first, ...others] = waiting?.blocked_by ?? [];
  if (waiting === null || first === undefined || others.length === 0 || textWidth(whole) <= columns)
    return whole;
  return waitsFor({ ...waiting, blocked_by: [`${first} +${others.length}`] });
}

/** The object of "waits for": `6G memory, 1G free; behind train`. */
export function waitsFor(waiting: BlockedView | null): string {
  if (waiting === null) return 'its start, which is due';
  const { dim, requested, charged = requested, blocked_by: names } = waiting;
  const available = Math.max(0, waiting.available);
  const behind = `${humanOutside(waiting)}${names.length === 0 ? '' : `; behind ${names.join(', ')}`}`;
  switch (dim) {
    case 'mem':
      return `${humanSize(charged)} memory, ${humanSize(available)} free${behind}`;
    case 'cpu':
      return `${humanCores(charged)} cores, ${humanCores(available)} free${behind}`;
    case 'slots':
      return `a free place of ${waiting.limit} (admission.max_running)${behind}`;
    case 'reservation':
      return `the start of tasks before it${behind}`;
    case 'profile':
      return `the profile ${names.join(', ')}, which allows as much as it needs`;
    case 'after':
      return `the end of ${names.join(', ')}`;
    case 'backoff':
      return 'the time of its next attempt';
    case 'pressure':
      return `the end of a shortage of ${names.join(', ')}`;
    case 'hold':
      return waiting.hold === undefined ? 'babysit release' : `the end of a hold: ${holdText(waiting.hold)}`;
    case 'engine':
      return names.join(', ');
    case 'parent':
      return `its parent ${names.join(', ')}, which is paused or ends`;
  }
}
