// Finds waits that never end, because a pattern of processes matches the waiting shell, and kills that hit other work.
import { shellWord } from '../src/text/shell.ts';
import type { Call } from './poll/call.ts';
import { evaluate } from './poll/evaluate.ts';
import type { KnownTask } from './poll/scope.ts';
import type { Loop, Step } from './poll/steps.ts';

export interface Fault {
  readonly command: string;
  readonly why: string;
}

/** Patterns that mean every program of a kind, with those of other agents. */
const BROAD =
  /^\^?(?:\/\S*\/)?(?:node(?:js)?|python[\d.]*|claude(?:-code)?|codex|babysit|bash|sh|zsh)(?:\$|\s|\.\*|\\b)*$/;
/** They limit a kill to own processes. */
const LIMITING = /^(?:-P|--parent|-g|--pgroup|-s|--session|-t|--terminal|--ns|-F|--pidfile)/;

export function findEndless(command: string): Fault | null {
  const { source, steps, calls } = evaluate(command, []);
  const loops = loopsOf(steps).filter(({ type }) => type === 'while' || type === 'until');
  for (const call of calls) {
    const loop = loops.find((each) => isClauseOf(call, each));
    if (loop === undefined) continue;
    const word = patternWord(call);
    if (word === null || !matchesItself(word.text, command)) continue;
    const clause = call.scope.source.text.slice(loop.own.start, loop.inside.start);
    if ((loop.type === 'until') !== isForAbsence(clause)) continue;
    const { pos, end } = word.word;
    const { source: own } = call.scope;
    const written = own.text.slice(pos, end);
    const bracketed = written.replace(/[A-Za-z0-9]/, (first) => `[${first}]`);
    // Without quotes the shell would replace it by the name of a file.
    const quoted = /^['"]/.test(written) ? bracketed : `'${bracketed}'`;
    const why = `The pattern "${word.text}" matches this shell's own command line, so the loop never ends.`;
    const others = `${command.slice(0, command.indexOf(written))}${command.slice(command.indexOf(written) + written.length)}`;
    if (!written.includes('[') && !matchesItself(word.text, others)) {
      own.edit(pos, end, quoted);
      return { command: source.render(), why: `${why} The brackets keep it from matching itself.` };
    }
    // The command line has the name at another place too.
    const at = call.name === 'pgrep' ? call.fields[call.at]?.word.end : undefined;
    if (at === undefined) continue;
    own.edit(at, at, ' --ignore-ancestors');
    return { command: source.render(), why: `${why} pgrep leaves its own shells out with this flag.` };
  }
  return null;
}

function loopsOf(steps: readonly Step[]): Loop[] {
  return steps.flatMap((step): Loop[] => {
    switch (step.kind) {
      case 'loop':
        return [step, ...loopsOf([...step.clause, ...step.body])];
      case 'branch':
        return step.branches.flatMap(loopsOf);
      case 'job':
        return loopsOf(step.steps);
      default:
        return [];
    }
  });
}

function isClauseOf({ node, scope }: Call, { own, inside, element }: Loop): boolean {
  return scope.source === element.source && node.pos >= own.start && node.end <= inside.start;
}

/** The condition holds without such a process: `! pgrep`, `[ -z "$(pgrep …)" ]`, `[ $(pgrep -c …) -eq 0 ]`. */
function isForAbsence(clause: string): boolean {
  return /(?:^|\s)!\s|\s-z\s|\s-eq\s+["']?0|\s-lt\s+["']?1|\s==?\s+["']?0/.test(clause);
}

/** The pattern of `pgrep -f` or of `ps … | grep`. */
function patternWord({ name, args, texts, scope }: Call): Call['args'][number] | null {
  const isPgrep = name === 'pgrep' && texts.some((text) => /^-\w*f/.test(text) || text === '--full');
  const isGrep = scope.isFedByPs && /^[ef]?grep$/.test(name) && !texts.some((text) => /^-\w*v/.test(text));
  const leavesOut = texts.some((text) => /^-\w*A|^--ignore-ancestors/.test(text));
  if ((!isPgrep && !isGrep) || leavesOut) return null;
  return args.filter(({ text }) => !text.startsWith('-')).at(isPgrep ? -1 : 0) ?? null;
}

function matchesItself(pattern: string, command: string): boolean {
  try {
    return pattern !== '' && new RegExp(pattern).test(command) && !/grep\s+-v\s+["']?grep/.test(command);
  } catch {
    return false;
  }
}

export interface KillContext {
  readonly known: readonly KnownTask[];
  readonly isOwn: (task: KnownTask) => boolean;
}

/** `pkill -f node` and the like: they end processes of other agents and their tasks. */
export function findKill(command: string, { known, isOwn }: KillContext): Fault | null {
  const { source, calls } = evaluate(command, []);
  for (const call of calls) {
    const { name, texts, node, scope, element } = call;
    if (scope.isTask || scope.isElsewhere || !/^(?:pkill|killall)$/.test(name)) continue;
    if (texts.some((text) => LIMITING.test(text) || text === '-l' || text === '-0')) continue;
    const patterns = texts.filter((text) => !text.startsWith('-'));
    const isFull = name === 'pkill' && texts.some((text) => /^-\w*f/.test(text) || text === '--full');
    const hit = known.filter((task) => patterns.some((pattern) => hits(pattern, task.command, isFull)));
    const broad = patterns.find((pattern) => BROAD.test(pattern) || (isFull && /^babysit\b/.test(pattern)));
    if (hit.length === 0 && broad === undefined) continue;
    const own = hit.filter(isOwn).map((task) => task.name);
    const pattern = patterns.at(-1) ?? '';
    const instead =
      own.length > 0 ? `babysit kill ${own.map(shellWord).join(' ')}` : `pgrep -af ${shellWord(pattern)}`;
    const range = element.isBare ? element : { start: node.pos, end: node.end };
    scope.source.edit(range.start, range.end, instead);
    const others = hit.length - own.length;
    return {
      command: source.render(),
      why:
        own.length > 0
          ? `"${pattern}" matches processes of tasks${others > 0 ? `, also of ${others} of other owners` : ''}. babysit kill ends yours and records why.`
          : `"${pattern}" matches processes of other agents or their tasks. Find your own process, and end it by its id: kill PID.`,
    };
  }
  return null;
}

function hits(pattern: string, command: string, isFull: boolean): boolean {
  if (pattern.length < 2) return false;
  try {
    const expression = new RegExp(pattern);
    const program = command.trim().split(/\s+/)[0]?.replace(/^.*\//, '') ?? '';
    return expression.test(isFull ? command : program);
  } catch {
    return false;
  }
}
