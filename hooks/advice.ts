// Builds the command that replaces a poll.
import type { Query, Run } from './actions.ts';
import type { Poll } from './poll.ts';

/** A name, an id or a variable of the command. */
const REFERENCE = /^(?:[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}|\$\{?[A-Za-z_]\w*\}?)$/;
const LIMIT = /^\d+(?:\.\d+)?[smhd]?$/;

export interface Advice {
  readonly command: string;
  readonly why: string;
}

export function adviseOn(poll: Poll): Advice {
  if (poll.kind === 'retry')
    return {
      command: `babysit run --queue ${poll.run.written}`,
      why: 'The task starts when there is room, in fair order.',
    };
  return adviseOnQueries(poll.queries, poll.runs);
}

function adviseOnQueries(queries: readonly Query[], runs: readonly Run[]): Advice {
  const has = (verb: string) => queries.find((query) => query.verb === verb);
  const capacity = has('wait_for_capacity');
  if (capacity !== undefined)
    return {
      command: ['babysit wait_for_capacity', ...capacity.flags].join(' '),
      why: 'It waits for room and holds it for you.',
    };
  if (queries.every(({ verb }) => verb === 'ping'))
    return {
      command: 'babysit daemon-start',
      why: 'It returns when the daemon answers. Other commands start the daemon when needed.',
    };
  const refs = refsOf(queries, runs);
  const names = refs.length > 0 ? refs.map(quoted) : ['NAME'];
  const limit = queries.map((query) => query.limit).find((text) => text !== undefined && LIMIT.test(text));
  const flags = has('wait')?.flags ?? [];
  const timeout =
    limit === undefined || flags.some((flag) => /timeout/.test(flag)) ? [] : [`--timeout=${limit}`];
  const wait = ['babysit wait', ...names, ...flags, ...timeout].join(' ');
  const log = has('log') ?? has('file');
  const logRef = log === undefined ? undefined : (log.refs.find((ref) => REFERENCE.test(ref)) ?? refs[0]);
  const command =
    log === undefined
      ? wait
      : `${wait}; ${['babysit log', quoted(logRef ?? 'NAME'), ...log.flags.filter((flag) => !isFollow(flag))].join(' ')}`;
  return {
    command,
    why: 'It returns when the task ends. Start it in the background if you have other work.',
  };
}

/** The tasks of the queries, else the tasks that the same command submits. */
function refsOf(queries: readonly Query[], runs: readonly Run[]): string[] {
  const queried = queries.flatMap(({ refs }) => refs);
  const submitted = runs.flatMap(({ name }) => name ?? []);
  const refs = queried.length > 0 ? queried : submitted;
  return [...new Set(refs.filter((ref) => REFERENCE.test(ref)))];
}

function quoted(ref: string): string {
  return ref.startsWith('$') ? `"${ref}"` : ref;
}

function isFollow(flag: string): boolean {
  return /^(?:-f|--follow)$/.test(flag);
}

/** Short, because an agent pays for each token. */
export function refusalText({ command, why }: Advice): string {
  return `babysit: this command polls. Run this once instead, without sleep or loop:
  ${command}
${why} If this is not polling, add the comment # BYPASS_SLEEP_BABYSIT_CHECK.
`;
}
