// The lines of the launch script that give a command a job server of GNU make, for `--jobserver`.
import { shellQuote } from '../text/shell.ts';

/** Open in the command and its children while it runs: a FIFO that no process has open loses its tokens. */
const FD = 19;

/** `dir` as in `Launch`, `jobs` at least 1, `makeflags` of the caller. */
export function jobserverLines(dir: string, jobs: number, makeflags = '') {
  const fifo = `${dir}.jobs`;
  const path = shellQuote(fifo);
  const flags = (auth: string) => shellQuote(withJobserver(makeflags, jobs, auth));
  return {
    create: [
      `{ PATH=$tools mkfifo -m 600 ${path} && exec ${FD}<>${path}; } 2>/dev/null || fail '--jobserver: cannot create its FIFO'`,
      // A process that make starts has one job without a token.
      ...(jobs > 1 ? [`echo -n '${'+'.repeat(jobs - 1)}' >&${FD}`] : []),
    ],
    // GNU make takes a FIFO since 4.4, and ends with an error before. The open file works with both where it is inherited.
    announce: [
      'case $(make --version 2>/dev/null) in',
      `'GNU Make 3.'* | 'GNU Make 4.'[0-3]*) MAKEFLAGS=${flags(`${FD},${FD}`)} ;;`,
      `*) MAKEFLAGS=${flags(`fifo:${fifo}`)} ;; esac`,
      'export MAKEFLAGS',
    ],
  };
}

/** The job server replaces that of an outer make. Variables of the command line come after `--`. */
export function withJobserver(makeflags: string, jobs: number, auth: string): string {
  const [flags = '', ...variables] = makeflags.split(/ (?=-- )/);
  const kept = flags.replace(/(^| )(-j\d*|--jobserver-(auth|fds)=\S*)(?= |$)/g, '').trimEnd();
  return [`${kept} -j${jobs} --jobserver-auth=${auth}`, ...variables].join(' ');
}
