// Hands the keyboard of this terminal to the task, and takes it back.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

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

function stty(...words: string[]): string | null {
  try {
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
