// The records an attempt leaves in its directory, and what they say. Reading is cheap and may be repeated at any time.
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Exit } from '../core/task.ts';
import { type ProcessIdentity, parseIdentity } from './process-identity.ts';

export interface Records {
  readonly supervisor: ProcessIdentity | null;
  readonly started: { readonly at: number; readonly main: ProcessIdentity | null } | null;
  readonly startFailed: string | null;
  readonly exit: Exit | null;
  /** All output is in the log and the supervisor is done. */
  readonly closed: boolean;
}

/** What never changes once it has been read. */
export type KnownRecords = Pick<Records, 'supervisor' | 'started'>;

/** With `known`, only what may be new is read: how it ended not before `closed` is there. */
export function readRecords(dir: string, known?: KnownRecords): Records {
  // Last written, first read: once it is there, so are the others.
  const closed = statSync(join(dir, 'closed'), { throwIfNoEntry: false }) !== undefined;
  const isOver = closed || known === undefined;
  return {
    supervisor: known?.supervisor ?? parseIdentity(readRecord(join(dir, 'claim'))?.text ?? ''),
    started: known?.started ?? parseStarted(readWhole(join(dir, 'started'))),
    startFailed: isOver ? (readWhole(join(dir, 'start_failed'))?.text.trim() ?? null) : null,
    exit: isOver ? parseExit(readRecord(join(dir, 'exit'))) : null,
    closed,
  };
}

function parseStarted(record: { text: string; mtimeMs: number } | null): Records['started'] {
  return record === null ? null : { at: record.mtimeMs, main: parseIdentity(record.text) };
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

/**
 * Takes the attempt so that a supervisor that has not begun never will. False: a supervisor was first.
 * The counterpart of the supervisor's `claim`; both create the file exclusively.
 */
export function claimForRecovery(dir: string): boolean {
  try {
    const fd = openSync(join(dir, 'claim'), 'wx', 0o600);
    writeSync(fd, 'recovered\n');
    closeSync(fd);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') return true;
    throw error;
  }
}

/** What follows is the blank room that was taken for it beforehand. */
const EXIT_RECORD = /^code=(\d+) told=([01]) end\n *$/;
/** Signals a shell does not report on stderr; their 128+n is taken for the signal. */
const UNREPORTED = new Set([constants.signals.SIGINT, constants.signals.SIGPIPE]);

function parseExit(record: { text: string; mtimeMs: number } | null): Exit | null {
  const match = EXIT_RECORD.exec(record?.text ?? '');
  if (record === null || match === null) return null;
  const code = Number(match[1]);
  const signal = signalName(code - 128);
  if (signal !== null && (match[2] === '1' || UNREPORTED.has(code - 128)))
    return { code: null, signal, at: record.mtimeMs };
  return { code, signal: null, at: record.mtimeMs };
}

export function signalName(number: number): NodeJS.Signals | null {
  for (const [name, value] of Object.entries(constants.signals))
    if (value === number) return name as NodeJS.Signals;
  return null;
}

/** A record that is being written lacks its newline; it will be there in a moment. */
function readWhole(path: string): { text: string; mtimeMs: number } | null {
  const record = readRecord(path);
  return record?.text.endsWith('\n') ? record : null;
}

function readRecord(path: string): { text: string; mtimeMs: number } | null {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, mtimeMs: Math.round(statSync(path).mtimeMs) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
