// A real terminal for a test: a session of tmux with a server of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pass, waitUntil } from '../wait-until.ts';

export interface Tmux {
  /** As `tmux send-keys` takes them: `Enter`, `C-z`, or text. */
  keys(...keys: readonly string[]): void;
  resize(columns: number, rows: number): void;
  /** The rows of the screen. */
  shown(): string;
  /** The title that programs in it have set. */
  title(): string;
  /** The name of the command in the foreground. */
  foreground(): string;
  /** Resolves with the screen when it matches. */
  until(pattern: RegExp): Promise<string>;
}

export function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a shell without a profile in `cwd` while `work` runs: a home cleans up after that. */
export async function inTmux(
  cwd: string,
  env: NodeJS.ProcessEnv,
  work: (terminal: Tmux) => Promise<void>,
): Promise<void> {
  const socket = join(cwd, 'tmux');
  const call = (...args: readonly string[]) =>
    execFileSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], { cwd, env, encoding: 'utf8' });
  call('new-session', '-d', '-x', '120', '-y', '30', 'bash', '--norc', '--noprofile');
  const shown = () => call('capture-pane', '-p');
  const terminal: Tmux = {
    keys: (...keys) => void call('send-keys', ...keys),
    resize: (width, height) => void call('resize-window', '-x', String(width), '-y', String(height)),
    shown,
    title: () => call('display-message', '-p', '#{pane_title}'),
    foreground: () => call('display-message', '-p', '#{pane_current_command}').trim(),
    async until(pattern) {
      let screen = '';
      const matches = async () => {
        // Each look starts a process.
        await pass(50);
        screen = shown();
        return pattern.test(screen);
      };
      await waitUntil(matches, { what: `${pattern} on the screen` }).catch((error: unknown) =>
        assert.fail(`${String(error)}\n${screen}`),
      );
      return screen;
    },
  };
  try {
    await work(terminal);
  } finally {
    call('kill-server');
  }
}
