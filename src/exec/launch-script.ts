// The shell script that turns the supervisor's child into the command: enter the group, take cwd and environment, execute.
import { join } from 'node:path';
import type { Command } from '../core/task.ts';
import { shellQuote } from '../text/shell.ts';
import type { Environment } from './environment.ts';

export interface Launch {
  readonly dir: string;
  readonly entryFiles: readonly string[];
  /** Sourced with `args` before the group is entered: what makes it. Null: it is there. */
  readonly preparation: { readonly script: string; readonly args: readonly string[] } | null;
  /** Where the output goes beside the log. */
  readonly journal: Journal | null;
  readonly counterFiles: readonly string[];
  readonly oomScoreAdj: number;
  readonly command: Command;
  readonly nice: number;
  /** In the idle classes of CPU and IO, where the system has the tools for it. */
  readonly isBackground: boolean;
  readonly usesPty: boolean;
  readonly cwd: string;
  readonly umask: number;
  readonly env: Environment;
  readonly tools: Tools;
}

export interface Journal {
  /** SYSLOG_IDENTIFIER of its lines. */
  readonly identifier: string;
  /** For a task that is a unit, so that its output is the unit's: a file to write "0" into, and the task's own group. */
  readonly unit: { readonly asideFile: string; readonly group: string } | null;
}

/** Absolute paths: the caller's PATH decides what the command finds, not what babysit runs. */
export interface Tools {
  readonly cat: string;
  readonly env: string;
  readonly nice: string;
  readonly bash: string;
  /** Niceness of the spawner, which its children begin with. */
  readonly spawnerNice: number;
  /** Words before a command that put it into the lowest classes of CPU and IO, as far as the system has them. */
  readonly background: readonly string[];
  /** Of util-linux; null: there is none. */
  readonly script: string | null;
}

const WITH_JOURNAL = join(import.meta.dirname, 'with-journal.sh');

/**
 * Evaluated by a subshell of the supervisor, which leads a process group of its own and has `$dir`.
 * A step that fails leaves its reason in `start_failed` and the command does not run.
 */
export function launchScript(launch: Launch): string {
  const { plain, odd } = splitEnvironment(launch.env);
  const plainArgv =
    launch.command.kind === 'shell' ? [launch.tools.bash, '-c', launch.command.line] : launch.command.argv;
  const { script } = launch.tools;
  // -e: its exit code is the command's. The shell it starts replaces itself.
  const argv =
    launch.usesPty && script !== null
      ? [script, '-qefc', `exec ${plainArgv.map(shellQuote).join(' ')}`, '/dev/null']
      : plainArgv;
  const setOdd =
    odd.length === 0 ? [] : [launch.tools.env, ...odd.map(([name, value]) => `${name}=${value}`)];
  return [
    // Read by the supervisor when no daemon is there to read them before the group is removed.
    ...launch.counterFiles.map((file) => `#counter ${file}`),
    'trap - INT TERM HUP QUIT PIPE',
    `fail() { printf '%s\\n' "$1" >"$dir/start_failed"; exit 125; }`,
    ...prepared(launch),
    ...(launch.usesPty && script === null ? ["fail '--pty needs script(1) of util-linux'"] : []),
    `for file in ${launch.entryFiles.map(shellQuote).join(' ')}; do`,
    `echo 0 >"$file" || fail "the task's cgroup cannot be entered: $file"; done`,
    `[ ! -w /proc/self/oom_score_adj ] || echo ${launch.oomScoreAdj} >/proc/self/oom_score_adj`,
    process.platform === 'linux' ? 'read -r stat </proc/self/stat' : 'stat=',
    'echo "started $EPOCHREALTIME $stat" >>"$dir/claim"',
    `umask ${launch.umask.toString(8).padStart(4, '0')}`,
    `cd ${shellQuote(launch.cwd)} || fail ${shellQuote(`the working directory cannot be entered: ${launch.cwd}`)}`,
    // bash itself complains about a locale that is not installed; that is not the command's output.
    '{',
    'set -a',
    plain.map(([name, value]) => `${name}=${shellQuote(value)}`).join(' '),
    'set +a',
    '} 2>/dev/null',
    `exec ${[...execOptionWords(launch), ...setOdd, ...argv].map(shellQuote).join(' ')}`,
    '',
  ].join('\n');
}

/** Evaluated by the supervisor: what with-journal.sh needs to know, and that. */
export function journalScript({ identifier, unit }: Journal): string {
  return [
    `journal_name=${shellQuote(identifier)}`,
    `unit_aside=${shellQuote(unit?.asideFile ?? '')}`,
    `unit_group=${shellQuote(unit?.group ?? '')}`,
    `. ${shellQuote(WITH_JOURNAL)}`,
    '',
  ].join('\n');
}

/** The FIFO that keeps the unit alive is the supervisor's alone. */
function prepared({ preparation }: Launch): string[] {
  if (preparation === null) return [];
  const { script, args } = preparation;
  return [
    `. ${[script, ...args].map(shellQuote).join(' ')} 2>"$dir/unit.err" ||`,
    `fail "its systemd unit could not be started: $(<"$dir/unit.err")"`,
    'exec 8>&-',
  ];
}

function execOptionWords({ nice, isBackground, tools }: Launch): string[] {
  return [
    ...(nice === tools.spawnerNice ? [] : [tools.nice, '-n', String(nice - tools.spawnerNice)]),
    ...(isBackground ? tools.background : []),
  ];
}

/** Names bash can export. The others, and those it keeps to itself or sets anew, go through env(1). */
const EXPORTABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHELL_OWN =
  /^(IFS|LINENO|PPID|UID|EUID|GROUPS|SHELLOPTS|S?RANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|FUNCNAME|DIRSTACK|PIPESTATUS|HISTCMD|OPTIND|EXECIGNORE|POSIXLY_CORRECT|BASH.*)$/;

function splitEnvironment(env: Environment): { plain: [string, string][]; odd: [string, string][] } {
  const entries = Object.entries(env).filter(([name]) => name !== '_');
  const isPlain = ([name]: [string, string]) => EXPORTABLE.test(name) && !SHELL_OWN.test(name);
  return { plain: entries.filter(isPlain), odd: entries.filter((entry) => !isPlain(entry)) };
}
