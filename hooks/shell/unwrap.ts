// Finds the program that a wrapper such as timeout, env, nohup or bash -c starts.

export type Unwrapped =
  | {
      readonly kind: 'program';
      readonly name: string;
      readonly args: readonly string[];
      readonly limit?: string;
    }
  /** A shell that runs `code`, or with null the code from standard input. */
  | { readonly kind: 'shell'; readonly code: string | null; readonly limit?: string }
  /** `watch`, which runs `code` repeatedly. */
  | { readonly kind: 'watch'; readonly code: string; readonly limit?: string };

interface Wrapper {
  /** Flags whose value is a separate word. */
  readonly valued: readonly string[];
  /** The number of words before the command, such as a duration or a file. */
  readonly words?: number;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  builtin: { valued: [] },
  bunx: { valued: [] },
  busybox: { valued: [] },
  caffeinate: { valued: ['-t', '-w'] },
  chronic: { valued: [] },
  chrt: { valued: [], words: 1 },
  command: { valued: [] },
  doas: { valued: ['-u', '-C'] },
  env: { valued: ['-u', '--unset', '-C', '--chdir'] },
  exec: { valued: ['-a'] },
  flock: { valued: ['-w', '--timeout', '-E'], words: 1 },
  gtimeout: { valued: ['-s', '--signal', '-k', '--kill-after'], words: 1 },
  ionice: { valued: ['-c', '-n', '--class', '--classdata'] },
  nice: { valued: ['-n', '--adjustment'] },
  nohup: { valued: [] },
  npx: { valued: ['-p', '--package'] },
  setsid: { valued: [] },
  stdbuf: { valued: ['-i', '-o', '-e', '--input', '--output', '--error'] },
  sudo: { valued: ['-u', '-g', '-h', '-C', '-D', '-R', '-T', '--user', '--group'] },
  taskset: { valued: [], words: 1 },
  time: { valued: ['-f', '-o', '--format', '--output'] },
  timeout: { valued: ['-s', '--signal', '-k', '--kill-after'], words: 1 },
  unbuffer: { valued: [] },
  xargs: {
    valued: [
      '-I',
      '-i',
      '-n',
      '-P',
      '-L',
      '-d',
      '-s',
      '-a',
      '-E',
      '--max-args',
      '--max-procs',
      '--delimiter',
    ],
  },
};
const SHELLS = new Set(['ash', 'bash', 'dash', 'ksh', 'mksh', 'sh', 'zsh']);
const WATCH_VALUED = ['-n', '--interval', '-q', '--equexit'];
const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/** Returns the innermost command. `limit` is the duration of the outermost `timeout`. */
export function unwrap(fields: readonly string[]): Unwrapped | null {
  let rest = fields;
  let limit: string | undefined;
  for (;;) {
    const [first, ...args] = rest;
    if (first === undefined) return null;
    const name = programName(first);
    const within = limit === undefined ? {} : { limit };
    if (SHELLS.has(name)) {
      const code = shellCode(args);
      return code === undefined
        ? { kind: 'program', name, args, ...within }
        : { kind: 'shell', code, ...within };
    }
    if (name === 'eval') return { kind: 'shell', code: args.join(' '), ...within };
    if (name === 'watch') return { kind: 'watch', code: afterFlags(args, WATCH_VALUED).join(' '), ...within };
    const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
    // `command -v NAME` does not run NAME.
    if (wrapper === undefined || (name === 'command' && /^-[vV]/.test(args[0] ?? '')))
      return { kind: 'program', name, args, ...within };
    const words = afterFlags(args, wrapper.valued);
    if (name.endsWith('timeout')) limit ??= words[0];
    rest = words.slice(wrapper.words ?? 0);
    while (name === 'env' && ASSIGNMENT.test(rest[0] ?? '')) rest = rest.slice(1);
  }
}

function programName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function afterFlags(args: readonly string[], valued: readonly string[]): readonly string[] {
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return args.slice(i + 1);
    if (!/^-./.test(arg)) break;
    if (valued.includes(arg)) i++;
  }
  return args.slice(i);
}

/** Returns the word after `-c`, null when the shell reads standard input, undefined when it runs a file. */
function shellCode(args: readonly string[]): string | null | undefined {
  let hasCode = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!/^[-+]/.test(arg) || arg === '-') return hasCode ? arg : undefined;
    if (arg === '--') return hasCode ? args[i + 1] : args[i + 1] === undefined ? null : undefined;
    if (/^-[a-z]*s[a-z]*$/i.test(arg) && !arg.includes('c')) return null;
    if (/^-[a-z]*c[a-z]*$/i.test(arg)) hasCode = true;
    if (/^[-+][a-z]*[oO]$/.test(arg) || arg === '--rcfile' || arg === '--init-file') i++;
  }
  return hasCode ? undefined : null;
}
