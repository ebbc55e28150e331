// The one right command in the place of a poll.
import type { Look, Run } from './actions.ts';
import type { Poll } from './poll.ts';

/** What a task can be called by in the advice: a name, an id, or a variable of the command. */
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
      why: 'It is started the moment there is room, in a fair order.',
    };
  return adviseOnLooks(poll.looks, poll.runs);
}

function adviseOnLooks(looks: readonly Look[], runs: readonly Run[]): Advice {
  const has = (verb: string) => looks.find((look) => look.verb === verb);
  const capacity = has('wait_for_capacity');
  if (capacity !== undefined)
    return {
      command: ['babysit wait_for_capacity', ...capacity.flags].join(' '),
      why: 'It blocks until there is room and holds it for you.',
    };
  if (looks.every(({ verb }) => verb === 'ping'))
    return {
      command: 'babysit daemon-start',
      why: 'It returns when the daemon answers; every command starts it anyway.',
    };
  const refs = refsOf(looks, runs);
  const names = refs.length > 0 ? refs.map(shown) : ['NAME'];
  const limit = looks.map((look) => look.limit).find((text) => text !== undefined && LIMIT.test(text));
  const flags = has('wait')?.flags ?? [];
  const timeout =
    limit === undefined || flags.some((flag) => /timeout/.test(flag)) ? [] : [`--timeout=${limit}`];
  const wait = ['babysit wait', ...names, ...flags, ...timeout].join(' ');
  const log = has('log') ?? has('file');
  const logRef = log === undefined ? undefined : (log.refs.find((ref) => REFERENCE.test(ref)) ?? refs[0]);
  const command =
    log === undefined
      ? wait
      : `${wait}; ${['babysit log', shown(logRef ?? 'NAME'), ...log.flags.filter((flag) => !isFollow(flag))].join(' ')}`;
  return {
    command,
    why: 'It returns the moment the task ends; start it in the background if you have other work.',
  };
}

/** Those looked at; where a look names none, those submitted in the same command. */
function refsOf(looks: readonly Look[], runs: readonly Run[]): string[] {
  const looked = looks.flatMap(({ refs }) => refs);
  const submitted = runs.flatMap(({ name }) => name ?? []);
  const refs = looked.length > 0 ? looked : submitted;
  return [...new Set(refs.filter((ref) => REFERENCE.test(ref)))];
}

function shown(ref: string): string {
  return ref.startsWith('$') ? `"${ref}"` : ref;
}

function isFollow(flag: string): boolean {
  return /^(?:-f|--follow)$/.test(flag);
}

/** For the agent: short, because it pays by the token. */
export function refusalText({ command, why }: Advice): string {
  return `babysit: this polls. Run this instead, once, without sleep or loop:
  ${command}
${why} If it is no poll, add the comment # BYPASS_SLEEP_BABYSIT_CHECK.
`;
}
