// Runs a line of the shell with a terminal for stdin, stdout and stderr.
import { spawn } from 'node:child_process';

export interface Terminal {
  /** Everything written to it so far; the escape character as `^[`, the end of a line as a plain newline. */
  shown(): string;
  /** The exit code of the line. */
  readonly done: Promise<number | null>;
  /** Closes the terminal, which ends the line. */
  close(): Promise<number | null>;
}

/** By script(1) of util-linux. `columns`: the width of the terminal. */
export function onTerminal(line: string, cwd: string, env: NodeJS.ProcessEnv, columns = 200): Terminal {
  const child = spawn('script', ['-qec', `stty cols ${columns} && ${line}`, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const done = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return {
    shown: () => shown.replaceAll('\x1b', '^[').replaceAll('\r\n', '\n'),
    done,
    close() {
      child.kill('SIGTERM');
      return done;
    },
  };
}
