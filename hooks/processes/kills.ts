// Finds kills by pattern that hit the work of others: `pkill -f node`, `kill $(pgrep node)`, `ps … | xargs kill`.
import { shellWord } from '../../src/text/shell.ts';
import type { Call } from '../poll/call.ts';
import { evaluate } from '../poll/evaluate.ts';
import type { KnownTask } from '../poll/scope.ts';
import type { Loop, Range } from '../poll/steps.ts';
import { namesIn } from '../shell/words.ts';
import { assignedFrom, type Fault, loopsOf } from './endless.ts';
import { hasFull, type Search, searchOf } from './search.ts';

/** Patterns that mean every program of a kind, with those of other agents. */
const BROAD =
  /^\^?(?:\/\S*\/)?(?:node(?:js)?|python[\d.]*|claude(?:-code)?|codex|babysit|bash|sh|zsh)(?:\$|\s|\.\*|\\b)*$/;
/** Flags that limit a kill to processes of the user. */
const LIMITING = /^(?:-P|--parent|-g|--pgroup|-s|--session|-t|--terminal|--ns|-F|--pidfile)/;
const OF_USER = /^(?:-[uU]|--e?uid|--user)/;

export interface KillContext {
  readonly known: readonly KnownTask[];
  readonly isOwn: (task: KnownTask) => boolean;
}

/** What is killed, and the range of the command that does it. */
interface Kill {
  readonly range: Range;
  readonly patterns: readonly string[];
  readonly isFull: boolean;
}

export function findKill(command: string, { known, isOwn }: KillContext): Fault | null {
  const { source, calls, steps } = evaluate(command, []);
  const searches = calls.map(searchOf).filter((search) => search !== null);
  const loops = loopsOf(steps);
  let why: string | null = null;
  for (const call of calls) {
    const { scope } = call;
    if (scope.isTask || scope.isRemote) continue;
    const kill = killOf(call, searches, loops);
    if (kill === null) continue;
    const { patterns, isFull, range } = kill;
    const plain = patterns.map((pattern) => pattern.replace(/\[(.)\]/g, '$1'));
    const hit = known.filter((task) => plain.some((pattern) => hits(pattern, task.command, isFull)));
    const isBroad = plain.some((pattern) => BROAD.test(pattern) || (isFull && /^babysit\b/.test(pattern)));
    if (hit.length === 0 && !isBroad && patterns.length > 0) continue;
    const own = hit.filter(isOwn).map(({ name }) => shellWord(name));
    const pattern = patterns.length === 0 ? null : patterns.join('|');
    // A broad pattern does not say which of the processes is meant.
    const isMine = own.length > 0 && !isBroad;
    const look = pattern === null ? 'ps -o pid,args' : `pgrep -af ${shellWord(pattern)}`;
    scope.source.edit(range.start, range.end, isMine ? `babysit kill ${own.join(' ')}` : look);
    why ??= isMine ? whyOwn(pattern, hit.length - own.length) : whyOthers(pattern, own);
  }
  return why === null ? null : { command: source.render(), why };
}

function whyOwn(pattern: string | null, others: number): string {
  const also = others > 0 ? `, also of ${others} of other owners` : '';
  return `"${pattern}" matches processes of tasks${also}. babysit kill ends yours and records why.`;
}

function whyOthers(pattern: string | null, own: readonly string[]): string {
  const what = pattern === null ? 'It' : `"${pattern}"`;
  const task =
    own.length === 0 ? '' : ` A task of yours that it matches ends with babysit kill ${own.join(' ')}.`;
  return `${what} matches processes of other agents or their tasks. Find your own process, and end it by its id: kill PID.${task}`;
}

function killOf(call: Call, searches: readonly Search[], loops: readonly Loop[]): Kill | null {
  const { name, texts, node, element } = call;
  const own = element.isBare ? element : { start: node.pos, end: node.end };
  if (/^(?:pkill|killall)$/.test(name)) {
    if (texts.some((text) => LIMITING.test(text) || text === '-l' || text === '-0')) return null;
    const isOfUser = texts.some((text) => OF_USER.test(text));
    const valued = texts.findIndex((text) => /^(?:-[uUs]|--e?uid|--user|--signal)$/.test(text)) + 1;
    const patterns = texts.filter((text, i) => !text.startsWith('-') && (valued === 0 || i !== valued));
    if (patterns.length === 0 && !isOfUser) return null;
    return { range: own, patterns, isFull: name === 'pkill' && hasFull(texts) };
  }
  if (!/^(?:kill|skill)$/.test(name) || texts.some((text) => /^-(?:0|l|L)$|^--list$/.test(text))) return null;
  // `kill -1` signals every process that the user may signal.
  if (texts.length > 1 && texts.at(-1) === '-1') return { range: own, patterns: [], isFull: true };
  for (const search of searches) {
    const range = rangeOfKill(call, search, loops);
    if (range !== null) return { range, patterns: [search.pattern], isFull: search.isFull };
  }
  return null;
}

/** The range to replace when the search finds what the call kills, else null. */
function rangeOfKill(kill: Call, search: Search, loops: readonly Loop[]): Range | null {
  const { node, scope, element } = kill;
  const found = search.call;
  if (found.scope.source !== scope.source) return null;
  const { text } = scope.source;
  const isIn = (inner: Call['node'], { start, end }: Range) => start <= inner.pos && inner.end <= end;
  if (isIn(found.node, { start: node.pos, end: node.end })) return element;
  if (found.node.pos > node.pos) return null;
  // `pgrep … | xargs kill`, `pgrep … | while read p; do kill $p; done`.
  if (found.element.end > found.node.end && isIn(node, found.element)) return found.element;
  const names = namesIn(text.slice(node.pos, node.end));
  const loop = loops.find(
    ({ over, own, inside }) =>
      over !== null &&
      names.includes(over.name) &&
      isIn(node, inside) &&
      isIn(found.node, { start: own.start, end: inside.start }),
  );
  if (loop !== undefined) return loop.own;
  const assigned = assignedFrom(text, found.node.pos);
  return assigned !== null && names.includes(assigned) ? element : null;
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
