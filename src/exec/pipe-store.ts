// Keeps named pipes for the next attempts: only mkfifo(1) makes them, and its process delays a start.
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface PipeStore {
  /** Moves pipes to these paths, as far as there are any. The supervisor makes the others. */
  give(paths: readonly string[]): void;
  close(): void;
}

const COUNT = 48;
/** What one attempt takes. */
const EACH_MAX = 4;
/** The command that starts now needs the CPU first. */
const MAKE_AFTER_MS = 500;

/** `dir`: on the file system of the attempts; what is in it is removed. `places`: directories with mkfifo(1), as in PATH. */
export function openPipeStore(dir: string, places: string): PipeStore {
  let ready: string[] = [];
  let making: NodeJS.Timeout | undefined;

  function make(): void {
    ready = [];
    const paths = Array.from({ length: COUNT }, (_, index) => join(dir, String(index)));
    try {
      rmSync(dir, { recursive: true, force: true });
      // Not recursive: a state directory that is gone is not made again.
      mkdirSync(dir, { mode: 0o700 });
      const child = spawn('mkfifo', ['-m', '600', ...paths], { env: { PATH: places }, stdio: 'ignore' });
      child.on('error', () => {});
      child.on('exit', (code) => {
        making = undefined;
        if (code === 0) ready = paths;
      });
      child.unref();
    } catch {
      making = undefined;
    }
  }

  function move(path: string): boolean {
    const pipe = ready.pop();
    if (pipe === undefined) return false;
    try {
      renameSync(pipe, path);
      return true;
    } catch {
      ready = [];
      return false;
    }
  }

  return {
    give(paths) {
      paths.every(move);
      if (ready.length < EACH_MAX) making ??= setTimeout(make, MAKE_AFTER_MS).unref();
    },
    close() {
      clearTimeout(making);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
