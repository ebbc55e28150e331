// Reads from /proc what a process does now.
import { statSync } from 'node:fs';
import { readProcFile } from '../proc-files.ts';
import { readStat } from './stat.ts';

export interface ProcessState {
  readonly pid: number;
  /** Program name from the command line, without arguments. */
  readonly name: string;
  /** See `ProcessStat`. */
  readonly state: string;
  /** Kernel function in which it sleeps; null if unknown. */
  readonly wchan: string | null;
}

/** Returns null when the process or /proc does not exist. */
export function readProcessState(pid: number): ProcessState | null {
  const stat = readStat(pid);
  if (stat === null) return null;
  const wchan = readProcFile(pid, 'wchan');
  return {
    pid,
    name: readProgramName(pid) ?? stat.name,
    state: stat.state,
    wchan: wchan === null || wchan === '' || wchan === '0' ? null : wchan,
  };
}

/**
 * Not from comm, which is the name of a thread (`MainThread` for every Node program). Returns null for a zombie and a kernel
 * thread.
 */
export function readProgramName(pid: number): string | null {
  return nameOf(readWords(pid));
}

const INTERPRETER =
  /^(?:python|pypy|node|deno|bun|ruby|perl|php|lua|julia|Rscript|tsx|java|bash|dash|ksh|sh|zsh)[\d.]*$/;
/** The program is the next word, and no file. */
const MODULE = ['-m', '--module', '-jar'];
/** The program is the text of an argument, which may hold secrets. */
const INLINE = /^(?:-[a-z]*[ceE]|-p|--eval|--print)$/;
const SHOWN = /^[\w.+@-]{1,64}$/;
const WORDS_READ = 16;

/** As `readProgramName`, with the script or the module that an interpreter runs: `python3 train.py`. Shows no other argument. */
export function readProgramTitle(pid: number): string | null {
  const words = readWords(pid);
  const name = nameOf(words);
  if (name === null || !INTERPRETER.test(name)) return name;
  const script = scriptOf(words.slice(1, WORDS_READ), (word) => isFile(pid, word))
    ?.split('/')
    .at(-1);
  return script !== undefined && SHOWN.test(script) ? `${name} ${script}` : name;
}

/** The first word that names a file: the value of an option usually does not. */
function scriptOf(words: readonly string[], isFile: (word: string) => boolean): string | undefined {
  for (const [index, word] of words.entries()) {
    if (MODULE.includes(word)) return words[index + 1];
    if (INLINE.test(word)) return undefined;
    if (!word.startsWith('-') && isFile(word)) return word;
  }
  return undefined;
}

/** As the process sees it. False as well where another user's process may not be looked into. */
function isFile(pid: number, path: string): boolean {
  const seen = path.startsWith('/') ? `root${path}` : `cwd/${path}`;
  try {
    return statSync(`/proc/${pid}/${seen}`, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}

function readWords(pid: number): string[] {
  return (readProcFile(pid, 'cmdline') ?? '').split('\0');
}

function nameOf([program = '']: readonly string[]): string | null {
  // Some programs write a title there: `nginx: worker process`.
  const name = program.split(' ')[0]?.split('/').at(-1)?.replace(/:$/, '');
  return name ? name : null;
}
