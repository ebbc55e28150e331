// The programs that run another program given as their words, and how they do it.

export interface Wrapper {
  /** Flags whose value is a separate word. */
  readonly valued?: readonly string[];
  /** The number of words before the command, such as a duration or a file. */
  readonly words?: number;
  /** The words after this one are the command. */
  readonly verb?: RegExp;
  /** The words after a separate `--` are the command. */
  readonly isAfterDashes?: true;
  /** The program sees another state directory: of another user, or of another host. */
  readonly isElsewhere?: true;
  /** The program runs on another host or in a container. */
  readonly isRemote?: true;
  readonly isFed?: true;
}

const SUDO = '-u -g -h -C -D -R -T --user --group'.split(' ');
const XARGS = '-I -n -P -L -d -s -a -E --max-args --max-procs --delimiter --arg-file'.split(' ');
const EXEC =
  '-u --user -w --workdir -e --env --env-file -c --container -n --namespace --index -f --file --context -H --host'.split(
    ' ',
  );
const CREATE =
  '-v --volume --mount -p --publish --name --network --entrypoint -h --hostname -m --memory --cpus --gpus --platform -l --label'.split(
    ' ',
  );
const UNIT = '-p --property -u --unit --slice --description -E --setenv -M --machine --uid --gid'.split(' ');
const SCREEN = '-S -dmS -c -e -h -s -t -T -Logfile'.split(' ');
const PARALLEL = '-j --jobs -n -N -a --arg-file --delay'.split(' ');
const TIMEOUT: Wrapper = { valued: ['-s', '--signal', '-k', '--kill-after'], words: 1 };
const REMOTE = { isElsewhere: true, isRemote: true } as const;
const CONTAINER: Wrapper = { verb: /^(?:exec|run)$/, valued: [...EXEC, ...CREATE], words: 1, ...REMOTE };
const RUN: Wrapper = { verb: /^run$/ };
const ENVIRONMENT: Wrapper = { verb: /^(?:run|exec)$/, isAfterDashes: true };

export const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  asdf: { verb: /^exec$/ },
  'aws-vault': ENVIRONMENT,
  builtin: {},
  bun: { verb: /^x$/ },
  bundle: { verb: /^exec$/ },
  bunx: {},
  busybox: {},
  c8: {},
  caffeinate: { valued: ['-t', '-w'] },
  chronic: {},
  chrt: { words: 1 },
  command: {},
  conda: { verb: /^run$/, valued: ['-n', '--name', '-p', '--prefix'] },
  'cross-env': {},
  'dbus-run-session': {},
  direnv: { verb: /^exec$/, words: 1 },
  doas: { valued: ['-u', '-C'], isElsewhere: true },
  docker: CONTAINER,
  doppler: ENVIRONMENT,
  dotenv: { valued: ['-e'] },
  dotenvx: RUN,
  env: { valued: ['-u', '--unset', '-C', '--chdir'] },
  exec: { valued: ['-a'] },
  flock: { valued: ['-w', '--timeout', '-E'], words: 1 },
  gtimeout: TIMEOUT,
  hatch: RUN,
  infisical: ENVIRONMENT,
  ionice: { valued: ['-c', '-n', '--class', '--classdata'] },
  kubectl: { verb: /^exec$/, valued: EXEC, words: 1, ...REMOTE },
  lxc: { verb: /^exec$/, words: 1, ...REMOTE },
  mamba: { verb: /^run$/, valued: ['-n', '--name', '-p', '--prefix'] },
  micromamba: { verb: /^run$/, valued: ['-n', '--name', '-p', '--prefix'] },
  mise: { verb: /^(?:exec|x)$/, isAfterDashes: true },
  nerdctl: CONTAINER,
  nice: { valued: ['-n', '--adjustment'] },
  nohup: {},
  npm: { verb: /^(?:exec|x)$/, valued: ['-p', '--package', '-w', '--workspace'] },
  nyc: {},
  npx: { valued: ['-p', '--package'] },
  op: ENVIRONMENT,
  parallel: { valued: PARALLEL, isFed: true },
  pdm: RUN,
  pipenv: RUN,
  pixi: RUN,
  pnpm: { verb: /^(?:exec|dlx)$/, valued: ['-C', '--dir', '--filter', '-F'] },
  podman: CONTAINER,
  poetry: RUN,
  prlimit: {},
  rye: RUN,
  screen: { valued: SCREEN },
  setsid: {},
  stdbuf: { valued: ['-i', '-o', '-e', '--input', '--output', '--error'] },
  strace: { valued: ['-e', '-o', '-p', '-s'] },
  sudo: { valued: SUDO, isElsewhere: true },
  'systemd-inhibit': {},
  'systemd-run': { valued: UNIT },
  taskset: { words: 1 },
  time: { valued: ['-f', '-o', '--format', '--output'] },
  timeout: TIMEOUT,
  unbuffer: {},
  uv: {
    verb: /^run$/,
    valued: ['--with', '-p', '--python', '--extra', '--group', '--project', '--directory'],
  },
  uvx: { valued: ['--from', '--with', '-p', '--python'] },
  xargs: { valued: XARGS, isFed: true },
  'xvfb-run': { valued: ['-n', '-s', '--server-num', '--server-args'] },
  yarn: { verb: /^(?:exec|dlx|run)$/ },
};
