// Lists the simple commands that a shell line runs, without assignments, redirections, wrappers and heredocs.
import { type Command as CommandNode, forEachChild, parse, type SyntaxNode } from 'unbash';
import { PREPARING, SHELLS, WRAPPERS } from './programs.ts';

/** The program by its base name without a version, and its arguments without quotes; expansions stay as written. */
export interface SimpleCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** Longer text is cut: the key of a generated script does not need its end. */
const LINE_MAX_CHARS = 4_000;
const COMMANDS_MAX = 16;
const DEPTH_MAX = 3;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/** In order, at most COMMANDS_MAX. A line that the parser refuses counts as one command of its words. */
export function simpleCommands(line: string): SimpleCommand[] {
  const found: SimpleCommand[] = [];
  collect(line.slice(0, LINE_MAX_CHARS), found, 0);
  return found;
}

/** The command of an argv; code of `bash -c CODE` is read like a line. */
export function simpleCommandsOf(argv: readonly string[]): SimpleCommand[] {
  const found: SimpleCommand[] = [];
  add(argv, found, 0);
  return found;
}

function collect(line: string, found: SimpleCommand[], depth: number): void {
  let nodes: readonly SyntaxNode[];
  try {
    const script = parse(line);
    nodes = (script.errors?.length ?? 0) > 0 ? [] : script.commands;
  } catch {
    nodes = [];
  }
  if (nodes.length === 0) add(line.split(/\s+/).filter(Boolean), found, depth);
  for (const node of nodes) walk(node, found, depth);
}

/** Does not enter words: what runs in `$(…)` prepares arguments. */
function walk(node: SyntaxNode, found: SimpleCommand[], depth: number): void {
  if (found.length >= COMMANDS_MAX || node.type === 'Word') return;
  if (node.type === 'Command') add(wordsOf(node), found, depth);
  else forEachChild(node, (child) => walk(child, found, depth));
}

function wordsOf(node: CommandNode): string[] {
  const args = node.args.filter((arg) => arg.type === 'Word').map(({ value }) => value);
  return node.name === undefined ? [] : [node.name.value, ...args];
}

function add(words: readonly string[], found: SimpleCommand[], depth: number): void {
  const rest = unwrapped(words);
  const [first, ...args] = rest;
  if (first === undefined || found.length >= COMMANDS_MAX) return;
  const program = programName(first);
  if (PREPARING.has(program)) return;
  const code = SHELLS.has(program) && depth < DEPTH_MAX ? shellCode(args) : null;
  if (code !== null) collect(code, found, depth + 1);
  else found.push(program === 'python' ? pythonCommand(args) : { program, args });
}

/** Removes assignments, wrappers and runners from the front. */
function unwrapped(words: readonly string[]): readonly string[] {
  let rest = words;
  for (;;) {
    while (ASSIGNMENT.test(rest[0] ?? '')) rest = rest.slice(1);
    const wrapper = WRAPPERS.get(baseName(rest[0] ?? ''));
    if (wrapper === undefined) return rest;
    const { valued = [], words: count = 0, verb } = wrapper;
    let inner = afterFlags(rest.slice(1), valued);
    if (verb !== undefined) {
      if (!verb.test(inner[0] ?? '')) return rest;
      inner = afterFlags(inner.slice(1), valued);
    }
    inner = inner.slice(count);
    if (inner[0] === '--') inner = inner.slice(1);
    if (inner.length === 0) return rest;
    rest = inner;
  }
}

function afterFlags(args: readonly string[], valued: readonly string[]): readonly string[] {
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return args.slice(i + 1);
    if (!/^-./.test(arg)) break;
    if (valued.includes(arg)) i++;
  }
  return args.slice(i);
}

/** `python -m X ARGS` is X. */
function pythonCommand(args: readonly string[]): SimpleCommand {
  const at = args.indexOf('-m');
  const before = args.slice(0, Math.max(0, at));
  const isModule = at >= 0 && afterFlags(before, ['-W', '-X']).length === 0;
  const module = args[at + 1];
  if (!isModule || module === undefined) return { program: 'python', args };
  return { program: programName(module), args: args.slice(at + 2) };
}

function shellCode(args: readonly string[]): string | null {
  const at = args.findIndex((arg) => /^-[a-z]*c[a-z]*$/.test(arg));
  if (at < 0 || args.slice(0, at).some((arg) => !arg.startsWith('-'))) return null;
  return args[at + 1] ?? null;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `/usr/bin/python3.11` -> python, `gcc-12` -> gcc. A name that would shrink to one letter stays. */
function programName(path: string): string {
  const name = baseName(path);
  return name.replace(/(?<=[A-Za-z_+]{2})-?\d+(?:\.\d+)*$/, '');
}
