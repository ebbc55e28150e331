// Finds the program that a wrapper such as timeout, env, nohup or bash -c starts.
export type Unwrapped =
  /** `at`: the index of the program among the fields. */
  | { readonly kind: 'program'; readonly name: string; readonly at: number; readonly around: Around }
  /** A shell that runs the code in the fields from `from` to `to`, or with null the code from standard input. */
  | {
      readonly kind: 'shell';
      readonly code: readonly [from: number, to: number] | null;
      readonly around: Around;
    }
  /** A shell that runs the file in the field `file`. */
  | { readonly kind: 'script'; readonly file: number; readonly around: Around }
  /** `watch`, which runs the code in the fields from `from` repeatedly. */
  | { readonly kind: 'watch'; readonly code: readonly [from: number, to: number]; readonly around: Around };

/** What the wrappers around a program change. */
export interface Around {
  /** The duration of the outermost `timeout`. */
  readonly limit?: string;
  /** The program runs as another user, in a container or on another host. */
  readonly isElsewhere: boolean;
  /** The words of the program come from standard input too: xargs, parallel. */
  readonly isFed: boolean;
  /** The program outlives the shell: nohup, setsid. */
  readonly isDetached: boolean;
  /** The names of the wrappers, outermost first. */
  readonly names: readonly string[];
}

interface Wrapper {
  /** Flags whose value is a separate word. */
  readonly valued?: readonly string[];
  /** The number of words before the command, such as a duration or a file. */
  readonly words?: number;
  /** The words after this one are the command. */
  readonly verb?: RegExp;
  readonly isElsewhere?: true;
  readonly isFed?: true;
}

const SUDO = '-u -g -h -C -D -R -T --user --group'.split(' ');
const XARGS = '-I -n -P -L -d -s -a -E --max-args --max-procs --delimiter --arg-file'.split(' ');
const EXEC = '-u --user -w --workdir -e --env --env-file -c --container -n --namespace --index'.split(' ');
const TIMEOUT: Wrapper = { valued: ['-s', '--signal', '-k', '--kill-after'], words: 1 };
const CONTAINER: Wrapper = { verb: /^exec$/, valued: EXEC, words: 1, isElsewhere: true };

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  builtin: {},
  bunx: {},
  busybox: {},
  caffeinate: { valued: ['-t', '-w'] },
  chronic: {},
  chrt: { words: 1 },
  command: {},
  doas: { valued: ['-u', '-C'], isElsewhere: true },
  docker: CONTAINER,
  env: { valued: ['-u', '--unset', '-C', '--chdir'] },
  exec: { valued: ['-a'] },
  flock: { valued: ['-w', '--timeout', '-E'], words: 1 },
  gtimeout: TIMEOUT,
  ionice: { valued: ['-c', '-n', '--class', '--classdata'] },
  kubectl: CONTAINER,
  nice: { valued: ['-n', '--adjustment'] },
  nohup: {},
  npm: { verb: /^(?:exec|x)$/, valued: ['-p', '--package', '-w', '--workspace'] },
  npx: { valued: ['-p', '--package'] },
  parallel: { valued: ['-j', '--jobs', '-n', '-N', '-a', '--arg-file', '--delay'], isFed: true },
  pnpm: { verb: /^(?:exec|dlx)$/, valued: ['-C', '--dir', '--filter', '-F'] },
  podman: CONTAINER,
  screen: { valued: ['-S', '-dmS', '-c', '-e', '-h', '-s', '-t', '-T', '-Logfile'] },
  setsid: {},
  stdbuf: { valued: ['-i', '-o', '-e', '--input', '--output', '--error'] },
  sudo: { valued: SUDO, isElsewhere: true },
  taskset: { words: 1 },
  time: { valued: ['-f', '-o', '--format', '--output'] },
  timeout: TIMEOUT,
  unbuffer: {},
  uv: {
    verb: /^run$/,
    valued: ['--with', '-p', '--python', '--extra', '--group', '--project', '--directory'],
  },
  poetry: { verb: /^run$/ },
  pipenv: { verb: /^run$/ },
  pdm: { verb: /^run$/ },
  hatch: { verb: /^run$/ },
  rye: { verb: /^run$/ },
  bundle: { verb: /^exec$/ },
  conda: { verb: /^run$/, valued: ['-n', '--name', '-p', '--prefix'] },
  uvx: { valued: ['--from', '--with', '-p', '--python'] },
  xargs: { valued: XARGS, isFed: true },
  yarn: { verb: /^(?:exec|dlx|run)$/ },
};
const SHELLS = new Set(['ash', 'bash', 'dash', 'ksh', 'mksh', 'sh', 'zsh']);
const SSH_VALUED = '-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w'.split(' ');
const WATCH_VALUED = ['-n', '--interval', '-q', '--equexit'];
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const PLAIN: Around = { isElsewhere: false, isFed: false, isDetached: false, names: [] };

/** Returns the innermost command, or null without one. */
export function unwrap(fields: readonly string[]): Unwrapped | null {
  let at = 0;
  let around = PLAIN;
  for (;;) {
    const first = fields[at];
    if (first === undefined) return null;
    const name = programName(first);
    if (SHELLS.has(name)) return shell(fields, at, around);
    if (name === 'eval') return { kind: 'shell', code: [at + 1, fields.length], around };
    if (name === 'source' || (name === '.' && first === '.')) return { kind: 'script', file: at + 1, around };
    if (name === 'watch') {
      const from = afterFlags(fields, at + 1, WATCH_VALUED);
      return { kind: 'watch', code: [from, fields.length], around };
    }
    const code = codeWord(name, fields, at);
    if (code !== null) {
      const isElsewhere = around.isElsewhere || /^(?:su|runuser)$/.test(name);
      const names = [...around.names, name];
      return { kind: 'shell', code: [code, code + 1], around: { ...around, isElsewhere, names } };
    }
    if (name === 'ssh') {
      const from = afterFlags(fields, at + 1, SSH_VALUED) + 1;
      if (from >= fields.length) return { kind: 'program', name, at, around };
      return {
        kind: 'shell',
        code: [from, fields.length],
        around: { ...around, isElsewhere: true, names: [...around.names, name] },
      };
    }
    const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
    // `command -v NAME` does not run NAME.
    if (wrapper === undefined || (name === 'command' && /^-[vV]/.test(fields[at + 1] ?? '')))
      return { kind: 'program', name, at, around };
    const next = inside(fields, at, name, wrapper);
    if (next === null) return { kind: 'program', name, at, around };
    const limit = around.limit ?? (name.endsWith('timeout') ? fields[next - 1] : undefined);
    around = {
      ...(limit === undefined ? {} : { limit }),
      isElsewhere: around.isElsewhere || wrapper.isElsewhere === true,
      isFed: around.isFed || wrapper.isFed === true,
      isDetached: around.isDetached || name === 'nohup' || name === 'setsid',
      names: [...around.names, name],
    };
    at = next;
  }
}

/** The index of the word that holds shell code: `su USER -c CODE`, `tmux new -d CODE`, `tmux send-keys -t N CODE Enter`. */
function codeWord(name: string, fields: readonly string[], at: number): number | null {
  let found = -1;
  if (/^(?:su|runuser|script|sg)$/.test(name)) {
    const flag = fields.findIndex((field, i) => i > at && /^-\w*c$|^--command$/.test(field));
    found = flag < 0 || flag + 1 >= fields.length ? -1 : flag + 1;
  } else if (name === 'tmux') found = fields.findLastIndex((field, i) => i > at + 1 && /\s/.test(field));
  return found < 0 ? null : found;
}

/** The index of the command inside the wrapper at `at`, or null when it runs none. */
function inside(fields: readonly string[], at: number, name: string, wrapper: Wrapper): number | null {
  let next = at + 1;
  if (wrapper.verb !== undefined) {
    // `docker compose exec`, `npm --silent exec`.
    while (/^-/.test(fields[next] ?? '') || fields[next] === 'compose') next++;
    const isVerb = wrapper.verb.test(fields[next] ?? '');
    if (!isVerb && name !== 'yarn' && name !== 'pnpm') return null;
    // `pnpm babysit`, `yarn babysit`: a name that is not a script runs the program.
    if (!isVerb) return fields[next] === 'babysit' ? next : null;
    next++;
  }
  next = afterFlags(fields, next, wrapper.valued ?? []) + (wrapper.words ?? 0);
  if (wrapper.verb !== undefined && fields[next] === '--') next++;
  while (/^(?:env|sudo|doas)$/.test(name) && ASSIGNMENT.test(fields[next] ?? '')) next++;
  // `npm exec -c "code"`.
  return next < fields.length ? next : null;
}

export function programName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function afterFlags(fields: readonly string[], from: number, valued: readonly string[]): number {
  let i = from;
  for (; i < fields.length; i++) {
    const field = fields[i] ?? '';
    if (field === '--') return i + 1;
    if (!/^-./.test(field)) break;
    if (valued.includes(field)) i++;
  }
  return i;
}

/** The word after `-c`, standard input, or a file. */
function shell(fields: readonly string[], at: number, around: Around): Unwrapped {
  let hasCode = false;
  const stdin: Unwrapped = { kind: 'shell', code: null, around };
  for (let i = at + 1; i < fields.length; i++) {
    const field = fields[i] ?? '';
    const isPlain = !/^[-+]/.test(field) || field === '-';
    if (isPlain || field === '--') {
      const found = isPlain ? i : i + 1;
      if (found >= fields.length) return stdin;
      if (hasCode) return { kind: 'shell', code: [found, found + 1], around };
      return field === '-' ? stdin : { kind: 'script', file: found, around };
    }
    if (/^-[a-z]*s[a-z]*$/i.test(field) && !field.includes('c')) return stdin;
    if (/^-[a-z]*c[a-z]*$/i.test(field)) hasCode = true;
    if (/^[-+][a-z]*[oO]$/.test(field) || field === '--rcfile' || field === '--init-file') i++;
  }
  return stdin;
}
