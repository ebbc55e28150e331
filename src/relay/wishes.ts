// What a client asks for besides the output: a signal to the command, or another size of its terminal.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { terminalMark } from '../core/streams.ts';
import { readRegularOrNull } from '../files/regular-file.ts';
import { signalGroup, signalProcess } from '../procfs/process/process-group.ts';
import { isAlive, type ProcessIdentity } from '../procfs/process/process-identity.ts';
import { readStat } from '../procfs/process/stat.ts';
import { watchStop } from './stop.ts';
import { untilPossible } from './until-possible.ts';

/** What a terminal or timeout(1) sends to a whole process group. */
const TO_GROUP: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGTSTP', 'SIGCONT']);

export class CommandSignals {
  readonly #dir: string;
  readonly #main: () => ProcessIdentity | null;
  readonly #onStopped: () => void;

  /** `main` may throw shortages. Calls `onStopped` when the command without a terminal has stopped for a SIGTSTP. */
  constructor(dir: string, main: () => ProcessIdentity | null, onStopped: () => void) {
    this.#dir = dir;
    this.#main = main;
    this.#onStopped = onStopped;
  }

  send(signal: string, onSent = (): void => {}): void {
    untilPossible(() => {
      const main = this.#main();
      const isWithoutTerminal = main !== null && signalCommand(this.#dir, main, signal);
      onSent();
      // With a terminal of its own the leader of the terminal leaves a mark.
      if (isWithoutTerminal && signal === 'SIGTSTP') watchStop(main, this.#onStopped);
    });
  }
}

/**
 * To the process group of the command; with a terminal of its own, to the foreground group of it. Returns true when the
 * command got the signal without a terminal of its own. Throws shortages before it signals.
 */
function signalCommand(dir: string, main: ProcessIdentity, signal: string): boolean {
  if (!(signal in constants.signals) || !isAlive(main)) return false;
  const foreground = terminalGroup(dir);
  const group = foreground ?? main.groupId;
  if (group && TO_GROUP.has(signal)) signalGroup(group, signal as NodeJS.Signals);
  // The first process of the foreground group is the command.
  else signalProcess(foreground ?? main.pid, signal as NodeJS.Signals);
  // script(1) of util-linux stops itself when the leader of its terminal stops.
  if (foreground !== null && signal === 'SIGCONT') signalProcess(main.pid, signal);
  return foreground === null;
}

/** Throws shortages. */
export function resizeTerminal(dir: string, { columns, rows }: { columns: number; rows: number }): void {
  const path = terminalOf(dir)?.path;
  if (path === undefined) return;
  const flag = process.platform === 'linux' ? '-F' : '-f';
  spawn('stty', [flag, path, 'rows', String(rows), 'columns', String(columns)], { stdio: 'ignore' }).on(
    'error',
    () => {},
  );
}

function terminalOf(dir: string): { readonly path: string; readonly leader: number } | null {
  const [path = '', leader = ''] = (readRegularOrNull(terminalMark(dir), 'utf8') ?? '').trim().split(' ');
  return /^\/dev\/[\w/]+$/.test(path) ? { path, leader: Number(leader) } : null;
}

function terminalGroup(dir: string): number | null {
  const leader = terminalOf(dir)?.leader;
  if (leader === undefined) return null;
  const group = readStat(leader)?.terminalGroup;
  return group !== undefined && group > 0 ? group : leader;
}
