// The records an attempt leaves in its directory (see supervisor.sh), and what they say. Reading is cheap and may be repeated.
import {
  closeSync,
  constants as fileConstants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  symlinkSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Exit } from '../core/task.ts';
import { type ProcessIdentity, parseIdentity } from '../procfs/process-identity.ts';
import { wholeLines } from '../text/split.ts';

export interface Records {
  readonly supervisor: ProcessIdentity | null;
  readonly started: Started | null;
  readonly startFailed: string | null;
  readonly exit: Exit | null;
  /** When all output was in the log and the supervisor done (epoch ms); null: not yet. */
  readonly closedAt: number | null;
}

export interface Started {
  readonly at: number;
  readonly main: ProcessIdentity | null;
}

/** The files are there, but this process cannot open any more of them: try again later. */
export class RecordsUnreadable extends Error {}

/** `isOver`: nothing more will come. Throws RecordsUnreadable. */
export function readRecords(dir: string, isOver = false): Records {
  const claim = readRecord(join(dir, 'claim'));
  const records = claim === null ? NOTHING : parseClaim(claim);
  const { started, exit, closedAt } = records;
  const mayHaveFailed =
    (isOver || closedAt !== null) && (started === null || exit === null || exit.code === NOT_STARTED);
  return mayHaveFailed ? { ...records, startFailed: readStartFailed(dir) } : records;
}

const NOTHING: Records = { supervisor: null, started: null, startFailed: null, exit: null, closedAt: null };

/** The exit code of a launch script that could not start its command, and of commands that choose it. */
const NOT_STARTED = 125;

interface RecordFile {
  readonly text: string;
  readonly mtimeMs: number;
}

const LINE = /^(claimed|supervisor|started|exit|gap|closed)\b(?: (\d{1,10}\.\d{1,6}|)(?: (.*))?)?/;
const EXIT_CODE = /^\d{1,3}$/;

function parseClaim({ text, mtimeMs }: RecordFile): Records {
  let records = NOTHING;
  // A line of none of these words, behind `started`. One that is being written lacks its newline, and will be there in a moment.
  let isSignalTold = false;
  for (const line of wholeLines(text)) {
    const [, what, seconds, value = ''] = LINE.exec(line) ?? [];
    // A bash before 5.0 does not know the time.
    const at = seconds ? Math.round(Number(seconds) * 1000) : mtimeMs;
    if (what === undefined) isSignalTold = true;
    else if (what === 'supervisor') records = { ...records, supervisor: parseIdentity(value) };
    else if (what === 'started') {
      records = { ...records, started: { at, main: parseIdentity(value) } };
      isSignalTold = false;
    } else if (what === 'exit' && EXIT_CODE.test(value))
      records = { ...records, exit: toExit(Number(value), isSignalTold, at) };
    else if (what === 'closed') records = { ...records, closedAt: at };
  }
  return records;
}

function readStartFailed(dir: string): string | null {
  const text = readRecord(join(dir, 'start_failed'))?.text;
  return text?.endsWith('\n') ? text.trim() : null;
}

/** The counters the supervisor copied because no daemon lived: path -> text. */
export function readCounters(dir: string): ReadonlyMap<string, string> {
  const copies = new Map<string, string>();
  for (const part of (readRecord(join(dir, 'counters'))?.text ?? '').split(/^# /m)) {
    const end = part.indexOf('\n');
    if (end > 0) copies.set(part.slice(0, end), part.slice(end + 1));
  }
  return copies;
}

const RECOVERED = 'recovered';

/**
 * Takes the attempt so that a supervisor that has not begun never will: the counterpart of the supervisor's `claim`,
 * which creates the same file exclusively. A link, because it is made together with what it says: an attempt that a
 * daemon has taken before it died can be told from one that a supervisor has begun. `unknown`: not now (full disk).
 */
export function claimForRecovery(dir: string): 'taken' | 'begun' | 'unknown' {
  const path = join(dir, 'claim');
  try {
    symlinkSync(RECOVERED, path);
    return 'taken';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Without the directory nothing can begin.
    if (code === 'ENOENT') return 'taken';
    if (code !== 'EEXIST') return 'unknown';
  }
  try {
    return readlinkSync(path) === RECOVERED ? 'taken' : 'begun';
  } catch {
    return 'begun';
  }
}

/** Signals a shell does not report on stderr; their 128+n is taken for the signal. */
const UNREPORTED = new Set([constants.signals.SIGINT, constants.signals.SIGPIPE]);

/** `code` as `$?` has it: 128+n both for signal n and for exit 128+n. */
function toExit(code: number, isSignalTold: boolean, at: number): Exit {
  const signal = isSignalTold || UNREPORTED.has(code - 128) ? signalName(code - 128) : null;
  return { code: signal === null ? code : null, signal, at };
}

/**
 * script(1) tells a signal of its command as 128+n; so would a command that exits with that number (`docker run`: 137).
 * SIGKILL is believed only when it is ours: else it would be blamed on the kernel.
 */
export function exitThroughTerminal(exit: Exit, isKilled: boolean): Exit {
  const signal = exit.code === null ? null : signalName(exit.code - 128);
  return signal === null || (signal === 'SIGKILL' && !isKilled) ? exit : { ...exit, code: null, signal };
}

export function signalName(number: number): NodeJS.Signals | null {
  for (const [name, value] of Object.entries(constants.signals))
    if (value === number) return name as NodeJS.Signals;
  return null;
}

/** Not blocking: a command may have made a FIFO of it. */
const READ_ONLY = fileConstants.O_RDONLY | fileConstants.O_NONBLOCK;
const MAX_RECORD_BYTES = 1024 * 1024;
const OUT_OF_RESOURCES = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** Null when there is no such file, or what is there is none (a command may do what it likes with its own records). */
function readRecord(path: string): RecordFile | null {
  try {
    const fd = openSync(path, READ_ONLY);
    try {
      const { size, mtimeMs } = fstatSync(fd);
      const buffer = Buffer.allocUnsafe(Math.min(size, MAX_RECORD_BYTES));
      const length = readSync(fd, buffer, 0, buffer.length, 0);
      return { text: buffer.toString('utf8', 0, length), mtimeMs: Math.round(mtimeMs) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (OUT_OF_RESOURCES.has(code ?? '')) throw new RecordsUnreadable(message);
    return null;
  }
}
