// Reads the records that an attempt writes to its directory (see supervisor.sh).
import { closeSync, fstatSync, lstatSync, readlinkSync, readSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shortageOf } from '../core/shortages.ts';
import type { Exit } from '../core/task.ts';
import { openRegular } from '../files/regular-file.ts';
import { reopenAbove } from '../files/reopen.ts';
import { type ProcessIdentity, parseIdentity } from '../procfs/process/process-identity.ts';
import { signalName } from '../procfs/process/signal-names.ts';
import { wholeLines } from '../text/split.ts';

export interface Records {
  readonly supervisor: ProcessIdentity | null;
  readonly started: Started | null;
  readonly startFailed: string | null;
  readonly exit: Exit | null;
  /** systemd ended the unit of the attempt before its command ended. */
  readonly isUnitEnded: boolean;
  /** It did so after an OOM kill in the unit. */
  readonly isUnitOom: boolean;
  /** What the command and the children it waited for read from and wrote to storage. */
  readonly io: { readonly readBytes: number; readonly writtenBytes: number } | null;
  /** Epoch ms at which the log was complete and the supervisor ended; null before that. */
  readonly closedAt: number | null;
}

interface Started {
  readonly at: number;
  readonly main: ProcessIdentity | null;
}

/** For a shortage of the host, or because the directory above is closed: try again later. */
export class RecordsUnreadable extends Error {
  /** As that of the error of the file system. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** As readRecords; null when they are unreadable. */
export function recordsNow(dir: string, isOver = false): Records | null {
  try {
    return readRecords(dir, isOver);
  } catch (error) {
    if (error instanceof RecordsUnreadable) return null;
    throw error;
  }
}

/** `isOver`: the records are complete. Throws RecordsUnreadable. */
export function readRecords(dir: string, isOver = false): Records {
  const claim = readRecord(join(dir, 'claim'));
  const records = claim === null ? NOTHING : parseClaim(claim);
  const { started, exit, closedAt } = records;
  const mayHaveFailed =
    (isOver || closedAt !== null) && (started === null || exit === null || exit.code === NOT_STARTED);
  return mayHaveFailed ? { ...records, startFailed: readStartFailed(dir) } : records;
}

const NOTHING: Records = {
  supervisor: null,
  started: null,
  startFailed: null,
  exit: null,
  isUnitEnded: false,
  isUnitOom: false,
  io: null,
  closedAt: null,
};
/** The supervisor itself writes the page with its records. */
const CLAIM_BYTES = 4096;

/** The exit code of a launch script that could not start its command. A command may use it too. */
export const NOT_STARTED = 125;

interface RecordFile {
  readonly text: string;
  readonly mtimeMs: number;
}

const LINE =
  /^(claimed|supervisor|started|exit|io|gap|unit_ended|closed)\b(?: (\d{1,10}\.\d{1,6}|)(?: (.*))?)?/;
const EXIT_CODE = /^\d{1,3}$/;
/** A job that ended by exit(2), as `jobs` of bash prints it. For a signal the line has its description. */
const EXITED = /^\[\d+\][+ -]? +(Done|Exit \d+)\b/;

function parseClaim({ text, mtimeMs }: RecordFile): Records {
  let records = NOTHING;
  // The shell has written how the job ended: any other line after `started`.
  let isSignalReported = false;
  for (const line of wholeLines(text)) {
    const [, what, seconds, value = ''] = LINE.exec(line) ?? [];
    // bash before 5.0 has no EPOCHREALTIME.
    const at = seconds ? Math.round(Number(seconds) * 1000) : mtimeMs;
    if (what === undefined) isSignalReported = !EXITED.test(line);
    else if (what === 'supervisor') records = { ...records, supervisor: parseIdentity(value) };
    else if (what === 'started') {
      records = { ...records, started: { at, main: parseIdentity(value) } };
      isSignalReported = false;
    } else if (what === 'exit' && EXIT_CODE.test(value))
      records = { ...records, exit: toExit(Number(value), isSignalReported, at) };
    else if (what === 'io') records = { ...records, io: parseIo(value) };
    else if (what === 'unit_ended')
      records = { ...records, isUnitEnded: true, isUnitOom: value === 'oom-kill' };
    else if (what === 'closed') records = { ...records, closedAt: at };
  }
  return records;
}

function parseIo(value: string): Records['io'] {
  const [readBytes = Number.NaN, writtenBytes = Number.NaN] = value.split(' ').map(Number);
  if (!(readBytes >= 0 && writtenBytes >= 0)) return null;
  return { readBytes, writtenBytes: Math.max(0, writtenBytes - CLAIM_BYTES) };
}

function readStartFailed(dir: string): string | null {
  const text = readRecord(join(dir, 'start_failed'))?.text;
  return text?.endsWith('\n') ? text.trim() : null;
}

/** The cgroup counters that the supervisor copied: path -> text. The last copy of a file counts. */
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
 * Creates the claim before a supervisor does, which then cannot start. A symbolic link, because its creation and content
 * are one atomic step: a later daemon can distinguish it from the claim of a supervisor. `unknown`: retry (a shortage).
 */
export function claimForRecovery(dir: string): 'taken' | 'begun' | 'unknown' {
  const path = join(dir, 'claim');
  try {
    symlinkSync(RECOVERED, path);
    return 'taken';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Without the directory no supervisor can start.
    if (code === 'ENOENT') return 'taken';
    if (code !== 'EEXIST') return 'unknown';
  }
  try {
    return readlinkSync(path) === RECOVERED ? 'taken' : 'begun';
  } catch (error) {
    return shortageOf(error) === null ? 'begun' : 'unknown';
  }
}

/** `code` is `$?`: 128+n both for signal n and for exit code 128+n. */
function toExit(code: number, isSignalReported: boolean, at: number): Exit {
  const signal = isSignalReported ? signalName(code - 128) : null;
  return { code: signal === null ? code : null, signal, at };
}

/** A crash: no program uses 128 + such a number as its exit code. */
const CRASHES: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS']);

/**
 * script(1) reports signal n of its command as exit code 128+n and drops the wait status. A command may use such a code too
 * (a shell: 130; `docker run`: 137), so it counts as the signal only for a crash, or if babysit killed the task.
 */
export function exitThroughTerminal(exit: Exit, isKilled: boolean): Exit {
  const signal = exit.code === null ? null : signalName(exit.code - 128);
  return signal === null || !(isKilled || CRASHES.has(signal)) ? exit : { ...exit, code: null, signal };
}

const MAX_RECORD_BYTES = 1024 * 1024;

/** Returns null when the file does not exist or is not a readable file: a command can replace its records. */
function readRecord(path: string): RecordFile | null {
  try {
    const fd = openRegular(path, 'read_own');
    try {
      const { size, mtimeMs } = fstatSync(fd);
      const buffer = Buffer.allocUnsafe(Math.min(size, MAX_RECORD_BYTES));
      const length = readSync(fd, buffer, 0, buffer.length, 0);
      return { text: buffer.toString('utf8', 0, length), mtimeMs: Math.round(mtimeMs) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const isClosed = code === 'EACCES' && isAboveClosed(dirname(path));
    if (isClosed) reopenAbove(dirname(path));
    if (isClosed || shortageOf(error) !== null) throw new RecordsUnreadable(message, code);
    return null;
  }
}

/** A command may take the mode of its records and of their directory, and gets no second look for it. */
function isAboveClosed(dir: string): boolean {
  try {
    lstatSync(dir);
    return false;
  } catch {
    return true;
  }
}
