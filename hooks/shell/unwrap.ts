// Finds the program that a wrapper such as timeout, env, nohup or bash -c starts.
import { WRAPPERS, type Wrapper } from './wrappers.ts';

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
  /** It runs in a container or on another host. */
  readonly isRemote: boolean;
  /** The words of the program come from standard input too: xargs, parallel. */
  readonly isFed: boolean;
  /** The outermost wrapper whose program outlives the shell. */
  readonly detacher: string | null;
  /** The fields of such wrappers, without what they run. */
  readonly detaching: readonly (readonly [from: number, to: number])[];
  /** The names of the wrappers, outermost first. */
  readonly names: readonly string[];
}

const SHELLS = new Set(['ash', 'bash', 'dash', 'ksh', 'mksh', 'sh', 'zsh']);
const WATCHES = new Set(['watch', 'gwatch', 'hwatch', 'viddy']);
const SSH_VALUED = '-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w'.split(' ');
const WATCH_VALUED = ['-n', '--interval', '-q', '--equexit'];
const RUNNERS = /^(?:yarn|pnpm|bun)$/;
/** Programs that a package installs for its scripts, and that no script is named after. */
const LOCAL =
  /^(?:babysit|jest|vitest|playwright|cypress|mocha|ava|webpack|rollup|vite|next|nuxt|astro|turbo|nx|lerna|tsc|eslint)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const PLAIN: Around = {
  isElsewhere: false,
  isRemote: false,
  isFed: false,
  detacher: null,
  detaching: [],
  names: [],
};

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
    if (WATCHES.has(name)) {
      const from = afterFlags(fields, at + 1, WATCH_VALUED);
      return { kind: 'watch', code: [from, fields.length], around };
    }
    if (/^(?:node|nodejs|bun|tsx)$/.test(name)) {
      const file = afterFlags(fields, at + 1, []);
      if (programName(fields[file] ?? '') === 'babysit')
        return { kind: 'program', name: 'babysit', at: file, around };
    }
    const code = codeOf(name, fields, at);
    if (code !== null) {
      const names = [...around.names, name];
      const isElsewhere = around.isElsewhere || /^(?:su|runuser|ssh)$/.test(name);
      const detacher = around.detacher ?? (isDetaching(name, fields, at) ? name : null);
      const isRemote = around.isRemote || name === 'ssh';
      return { kind: 'shell', ...code, around: { ...around, isElsewhere, isRemote, detacher, names } };
    }
    const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
    // `command -v NAME` does not run NAME.
    if (wrapper === undefined || (name === 'command' && /^-[vV]/.test(fields[at + 1] ?? '')))
      return { kind: 'program', name, at, around };
    const next = inside(fields, at, name, wrapper);
    if (next === null) return { kind: 'program', name, at, around };
    const isDetached = isDetaching(name, fields, at);
    const limit = around.limit ?? (name.endsWith('timeout') ? fields[next - 1] : undefined);
    around = {
      ...(limit === undefined ? {} : { limit }),
      isElsewhere: around.isElsewhere || wrapper.isElsewhere === true,
      isRemote: around.isRemote || wrapper.isRemote === true,
      isFed: around.isFed || wrapper.isFed === true,
      detacher: around.detacher ?? (isDetached ? name : null),
      detaching: isDetached ? [...around.detaching, [at, next]] : around.detaching,
      names: [...around.names, name],
    };
    at = next;
  }
}

type Code = Pick<Extract<Unwrapped, { kind: 'shell' }>, 'code'>;

/**
 * The shell code that a program other than a shell runs: `su USER -c CODE`, `tmux new -d CODE`, `parallel CODE`,
 * `ssh HOST CODE`. With null it comes from standard input: `ssh HOST`, `at now`. Null: the program runs none.
 */
function codeOf(name: string, fields: readonly string[], at: number): Code | null {
  const word = (found: number): Code | null =>
    found < 0 || found >= fields.length ? null : { code: [found, found + 1] };
  const after = (flag: RegExp) => {
    const found = fields.findIndex((field, i) => i > at && flag.test(field));
    return found < 0 ? -1 : found + 1;
  };
  switch (name) {
    case 'su':
    case 'runuser':
      return word(after(/^-\w*c$|^--command$/)) ?? { code: null };
    case 'script':
    case 'sg':
    case 'npm':
      return word(after(/^-\w*c$|^--command$|^--call$/));
    case 'nix-shell':
      return word(after(/^--(?:run|command)$/));
    case 'tmux':
      return word(fields.findLastIndex((field, i) => i > at + 1 && /\s/.test(field)));
    case 'parallel':
      return word(fields.findIndex((field, i) => i > at && /\s/.test(field) && !field.startsWith('-')));
    case 'at':
    case 'batch':
      return { code: null };
    case 'ssh': {
      const from = afterFlags(fields, at + 1, SSH_VALUED) + 1;
      return { code: from < fields.length ? [from, fields.length] : null };
    }
    default:
      return null;
  }
}

/** `screen` and `systemd-run` also run a program in the foreground. */
function isDetaching(name: string, fields: readonly string[], at: number): boolean {
  const has = (flag: RegExp) => fields.some((field, i) => i > at && flag.test(field));
  switch (name) {
    case 'tmux':
    case 'at':
    case 'batch':
    case 'nohup':
    case 'setsid':
      return true;
    case 'screen':
      return has(/^-\w*d/);
    case 'systemd-run':
      return !has(/^--(?:wait|pty|pipe|scope)$|^-[tP]/);
    default:
      return false;
  }
}

/** The index of the command inside the wrapper at `at`, or null when it runs none. */
function inside(fields: readonly string[], at: number, name: string, wrapper: Wrapper): number | null {
  let next = at + 1;
  if (wrapper.verb !== undefined) {
    // `docker compose exec`, `kubectl -n ci exec`, `npm --silent exec`.
    next = afterFlags(fields, next, wrapper.valued ?? []);
    if (fields[next] === 'compose') next = afterFlags(fields, next + 1, wrapper.valued ?? []);
    const isVerb = wrapper.verb.test(fields[next] ?? '');
    // `pnpm babysit`, `yarn jest`: a name that is not a script runs the program.
    if (!isVerb) return RUNNERS.test(name) && LOCAL.test(fields[next] ?? '') ? next : null;
    next++;
  }
  if (wrapper.isAfterDashes === true || name === 'kubectl') {
    const dashes = fields.indexOf('--', next);
    if (dashes >= 0 && dashes + 1 < fields.length) return dashes + 1;
    if (wrapper.isAfterDashes === true) return null;
  }
  const first = next;
  next = afterFlags(fields, next, wrapper.valued ?? []);
  // A container in the background does not block.
  const isBackground = fields.slice(first, next).some((field) => /^-\w*d\w*$|^--detach$/.test(field));
  if (wrapper.isRemote === true && isBackground) return null;
  next += wrapper.words ?? 0;
  if (wrapper.verb !== undefined && fields[next] === '--') next++;
  while (/^(?:env|sudo|doas|cross-env)$/.test(name) && ASSIGNMENT.test(fields[next] ?? '')) next++;
  // `npm exec -c "code"`.
  return next < fields.length ? next : null;
}

export function programName(path: string): string {
  // Its own files, run by Node.
  if (/(?:^|\/)(?:babysit\/)?(?:dist\/(?:cli|main)\.cjs|cli\/main\.ts)$/.test(path)) return 'babysit';
  // `npx babysit@latest`.
  return path.slice(path.lastIndexOf('/') + 1).replace(/^babysit@.*/, 'babysit');
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
