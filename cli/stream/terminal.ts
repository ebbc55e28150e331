// Hands the keyboard of this terminal to the task, and takes it back.
import { closeSync, openSync } from 'node:fs';
import { readStat } from '../../src/procfs/process/stat.ts';

/**
 * The task has a terminal of its own, which translates newlines. `hasKeyboard`: it also edits and echoes what is typed.
 * Returns the function that restores the settings of this terminal; null when it cannot be set.
 */
export function makeRaw(hasKeyboard: boolean): (() => void) | null {
  const saved = stty('-g')?.trim();
  // setRawMode of Node keeps the translation of newlines.
  if (!saved || stty(...(hasKeyboard ? ['raw', '-echo'] : ['-opost'])) === null) return null;
  return () => void stty(saved);
}

/** A process in the background of its terminal is stopped when it reads from it or sets it. True without a terminal. */
export function isForeground(): boolean {
  const stat = readStat(process.pid);
  const terminalGroup = stat?.terminalGroup ?? -1;
  return terminalGroup < 0 || terminalGroup === stat?.groupId;
}

/** Returns a function that finds out whether the terminal that this process has now was closed since. */
export function terminalWatch(): () => boolean {
  const had = hasTerminal();
  return () => had && !hasTerminal();
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

function stty(...words: string[]): string | null {
  try {
    // Most commands set no terminal, and the module loads slowly.
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    const terminal = openSync('/dev/tty', 'r+');
    const { status, stdout } = spawnSync('stty', words, {
      stdio: [terminal, 'pipe', 'ignore'],
      encoding: 'utf8',
    });
    closeSync(terminal);
    return status === 0 ? stdout : null;
  } catch {
    return null;
  }
}
