// The short form of a soft-deny: why there is no room, when there is, and the command that waits for it.
import type { HeldByView } from '../../../src/api/schemas/hold.ts';
import { compact, cutToFit, fit, fitHold, isShort, outsideView } from './fit.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `denial` has the fields of the API. A long list of blockers is cut before the times and the command are left out. */
export function denialView(denial: Fields): object {
  const { error, dim, requested, available, limit, expected_start, latest_start, ...rest } = denial;
  const { suggested_command, owners, expected_start_p90, hint, advice, outside, charged, hold } = rest;
  const hints = Array.isArray(advice) ? advice.map((one: { hint: string }) => one.hint) : undefined;
  const blockers = Array.isArray(rest.blocked_by) ? rest.blocked_by : [];
  const blockedBy = (count: number) =>
    count <= blockers.length ? { blocked_by: blockers.slice(0, count) } : {};
  const must: Fields = {
    ...compact(hold === undefined ? { error, dim, requested, available, limit } : { error, dim, hold }),
    ...(rest.blocked_by === undefined || hold !== undefined ? {} : { blocked_by: blockers.slice(0, 1) }),
    ...given({ expected_start: toSecond(expected_start), latest_start: toSecond(latest_start) }),
    ...given({ hint }),
  };
  const held =
    hold === undefined ? {} : { hold: fitHold(hold as HeldByView, (short) => ({ ...must, hold: short })) };
  const first = { ...must, ...held };
  const text = typeof hint === 'string' ? { hint: hintBeside(suggested_command, hint, first) } : {};
  const parts = [
    { suggested_command },
    { ...outsideView({ dim, outside }), charged },
    blockedBy(2),
    blockedBy(3),
    { advice: hints },
    { owners },
    { expected_start_p90: toSecond(expected_start_p90) },
  ];
  return fit({ ...first, ...text }, parts.map(given));
}

/** The command says what the middle of the hint says, which gives it its room. */
function hintBeside(suggested_command: unknown, hint: string, first: Fields): string {
  const short = hint.replace(': add --queue to start then', '');
  const hasRoom = (text: string) => isShort({ ...first, hint: text, suggested_command });
  return hasRoom(short) && !hasRoom(hint) ? short : cutToFit(hint, first);
}

/** An ISO time without milliseconds, rounded up: four bytes less, and never before the start. */
function toSecond(time: unknown): unknown {
  if (typeof time !== 'string') return time;
  return new Date(1000 * Math.ceil(Date.parse(time) / 1000)).toISOString().replace('.000Z', 'Z');
}

/** Unlike `compact`, keeps null: a start that is not known is an answer. */
function given(part: Fields): Fields {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}
