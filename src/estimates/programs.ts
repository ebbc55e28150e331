// Tables of programs for the key of a command: wrappers, runners, light commands and programs with verbs of two words.

interface Wrapper {
  /** Flags whose value is a separate word. */
  readonly valued?: readonly string[];
  /** The number of words before the command, such as a duration or a file. */
  readonly words?: number;
  /** The word after which the command begins: `uv run CMD`. Without that word the program is not a wrapper. */
  readonly verb?: RegExp;
}

const TIMEOUT: Wrapper = { valued: ['-s', '--signal', '-k', '--kill-after'], words: 1 };

/** Programs that run the command in their arguments and add nothing to what it uses. */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['builtin', {}],
  ['bunx', {}],
  ['bundle', { verb: /^exec$/ }],
  ['caffeinate', { valued: ['-t', '-w'] }],
  ['chrt', { words: 1 }],
  ['command', {}],
  ['conda', { verb: /^run$/, valued: ['-n', '--name', '-p', '--prefix'] }],
  ['doas', { valued: ['-u', '-C'] }],
  ['env', { valued: ['-u', '--unset', '-C', '--chdir'] }],
  ['exec', { valued: ['-a'] }],
  ['flock', { valued: ['-w', '--timeout', '-E'], words: 1 }],
  ['gtimeout', TIMEOUT],
  ['hatch', { verb: /^run$/ }],
  ['ionice', { valued: ['-c', '-n', '--class', '--classdata'] }],
  ['nice', { valued: ['-n', '--adjustment'] }],
  ['nohup', {}],
  ['npm', { verb: /^(?:exec|x)$/, valued: ['-p', '--package'] }],
  ['npx', { valued: ['-p', '--package'] }],
  ['numactl', { valued: ['-m', '-N', '-C', '-i'] }],
  ['pdm', { verb: /^run$/ }],
  ['pipenv', { verb: /^run$/ }],
  ['pipx', { verb: /^run$/, valued: ['--spec', '--python'] }],
  ['pnpm', { verb: /^(?:exec|dlx)$/ }],
  ['poetry', { verb: /^run$/ }],
  ['rye', { verb: /^run$/ }],
  ['setsid', {}],
  ['stdbuf', { valued: ['-i', '-o', '-e', '--input', '--output', '--error'] }],
  ['sudo', { valued: '-u -g -h -C -D -R -T --user --group'.split(' ') }],
  ['taskset', { words: 1 }],
  ['time', { valued: ['-f', '-o', '--format', '--output'] }],
  ['timeout', TIMEOUT],
  ['unbuffer', {}],
  ['uv', { verb: /^run$/, valued: '--with --extra --group -p --python --env-file --project'.split(' ') }],
  ['uvx', { valued: ['--from', '--with', '-p', '--python'] }],
  ['xargs', { valued: '-I -n -P -L -d -s -a -E --max-args --max-procs --delimiter --arg-file'.split(' ') }],
  ['yarn', { verb: /^(?:exec|dlx)$/ }],
]);

export const SHELLS: ReadonlySet<string> = new Set(['ash', 'bash', 'dash', 'ksh', 'sh', 'zsh']);

/** Commands that only prepare the shell. */
export const PREPARING: ReadonlySet<string> = words(
  'cd pushd popd source . export unset set alias shopt ulimit umask trap declare local readonly :',
);

/** Commands that use next to nothing beside a heavy one. They count only when nothing else is left. */
export const LIGHT: ReadonlySet<string> = words(
  'echo printf cat head tail tac grep egrep fgrep sleep ls pwd wc sort uniq cut tr tee true false test [ mkdir rmdir ' +
    'rm cp mv ln touch chmod which type date uname id whoami hostname ps kill wait read sed awk jq diff stat file ' +
    'basename dirname realpath readlink seq yes less more exit return break continue eval',
);

/** Programs whose first argument is a script: `python train.py`. */
export const INTERPRETERS: ReadonlySet<string> = words(
  'python pypy node deno bun ruby perl php julia lua Rscript tsx ts-node bash sh zsh',
);

/** Verbs that are followed by a second one: `npm run build`, `docker compose up`. */
export const NESTING_VERBS: ReadonlySet<string> = words('run run-script compose pip tool exec');

/** Programs whose first argument is a path or a pattern and not a verb. */
export const WITHOUT_VERB: ReadonlySet<string> = words(
  'pytest nosetests unittest eslint prettier mypy pyright pylint flake8 black isort tsc jest mocha ava java javac gcc g++ cc c++ clang clang++ ' +
    'rustc find rg du unzip gzip zip xz zstd curl wget rsync scp chown',
);

/** Flags before the verb whose value is a separate word: `git -C DIR status`. */
export const VALUED_BEFORE_VERB: ReadonlySet<string> = words(
  '-C -f -F --prefix --cwd --manifest-path --directory --file --filter --workspace',
);

/** Flags that change the output and not the work. */
export const OUTPUT_FLAG =
  /^(?:-(?:v+|q+|s)|--(?:verbose|quiet|silent|no-colou?r|colou?rs?(?:=.*)?|no-progress|progress(?:=.*)?))$/;

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
