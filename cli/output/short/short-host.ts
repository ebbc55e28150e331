// The short form of the host's status: the room, what stops the queue, and as much of each task as fits.
import type { StatusView } from '../../../src/api/schemas/status.ts';
import { compact, fit, isShort, outsideView } from './fit.ts';

type Row = Readonly<Record<string, unknown>>;

interface Entry {
  readonly list: string;
  /** From the longest form of the row to the shortest one. */
  readonly forms: readonly Row[];
}

/** All rows in the longest form in which they fit; in the shortest one as many as fit, shortages and notices first. */
export function hostView(view: StatusView): object {
  const { daemon, capacity, tasks } = view;
  const { mem_available_bytes, mem_limit_bytes, cpu_available_cores, cpu_limit_cores } = capacity;
  const room = { mem_available_bytes, mem_limit_bytes, cpu_available_cores, cpu_limit_cores };
  const { not_enforced } = daemon;
  const unenforced = not_enforced.length === 0 ? [] : [{ not_enforced }];
  const levers = view.levers.slice(0, 1);
  const extra = [...unenforced, ...(levers.length === 0 ? [] : [{ levers }]), { driver: daemon.driver }];
  const must = { ...room, tasks, running: [], queue: [] };
  const entries = entriesOf(view);
  for (let form = 0; form < FORMS; form += 1) {
    const whole = entries.reduce<Row>((shown, entry) => withRow(shown, entry, form), must);
    if (isShort(whole)) return fit<Row>(whole, extra);
  }
  let shown: Row = must;
  for (const entry of entries) {
    const next = withRow(shown, entry, FORMS - 1);
    if (isShort({ ...next, ...LEFT_OUT })) shown = next;
  }
  return { ...shown, ...LEFT_OUT };
}

const FORMS = 3;
const LEFT_OUT = { left_out: 'babysit status --full' };

/** Shortages and notices say why nothing starts. Then the first of each list, the second of each list, and so on. */
function entriesOf({ host, pressure, holds, notices, running, queue, leases }: StatusView): Entry[] {
  const first: Entry[] = [
    ...pressure.map(({ dim, lasted_s, cause }) => ({ list: 'pressure', forms: [{ dim, lasted_s, cause }] })),
    ...holds.map(({ scope, of, name, reason, by, until, held }) => ({
      list: 'holds',
      forms: [
        { scope, of: name ?? of, reason, by, until, held },
        { scope, of: name ?? of, by, until },
        { scope, by },
      ],
    })),
    ...(queue.some(({ waiting }) => waiting?.outside !== undefined) ? outsideEntries(host) : []),
    ...notices.map(({ what, reason, fix }) => ({
      list: 'notices',
      forms: [{ what, reason, fix }, { what, reason }, { what }],
    })),
  ];
  const lists = [running.map(runningEntry), queue.map(queueEntry), leases.map(leaseEntry)];
  const longest = Math.max(...lists.map((list) => list.length));
  const byTurns = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list[turn] ?? []));
  return [...first, ...byTurns.flat()];
}

function runningEntry({ id: _, ...row }: StatusView['running'][number]): Entry {
  const { name, owner, mem_bytes, cpu_cores } = row;
  return { list: 'running', forms: [row, { name, owner, mem_bytes, cpu_cores }, { name, owner }] };
}

function queueEntry({ kind, name, owner, waiting }: StatusView['queue'][number]): Entry {
  const who = { ...(kind === 'task' ? {} : { kind }), name, owner };
  const { dim, expected_start, outside: _, ...rest } = waiting ?? {};
  const why = waiting === null ? null : { dim, ...rest, expected_start, ...outsideView(waiting) };
  return { list: 'queue', forms: [{ ...who, waiting: why }, { ...who, dim, expected_start }, who] };
}

/** The largest program that keeps the queue waiting. */
function outsideEntries({ outside }: StatusView['host']): Entry[] {
  return outside.slice(0, 1).map(({ name, belongs_to, mem_bytes, cpu_cores }) => ({
    list: 'outside',
    forms: [
      { name, belongs_to, mem_bytes, cpu_cores },
      { name, belongs_to, cpu_cores },
      { name, cpu_cores },
    ],
  }));
}

function leaseEntry({ id, owner, mem_bytes, cpu_cores, expires_at }: StatusView['leases'][number]): Entry {
  const held = { id, mem_bytes, cpu_cores, expires_at };
  return { list: 'leases', forms: [{ ...held, owner }, held, { id }] };
}

function withRow(view: Row, { list, forms }: Entry, form: number): Row {
  const rows = (view[list] as readonly object[] | undefined) ?? [];
  return { ...view, [list]: [...rows, compact(forms[Math.min(form, forms.length - 1)] ?? {})] };
}
