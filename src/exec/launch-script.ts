// The shell script that the supervisor's child runs: enter the group, set directory and environment, execute the command.
import { join } from 'node:path';
import type { Command } from '../core/task.ts';
import { shellQuote } from '../text/shell.ts';
import type { Environment } from './environment.ts';

export interface Launch {
  readonly dir: string;
  readonly entryFiles: readonly string[];
  /** Script that creates the group, sourced with `args` before the group is entered; null if the group exists. */
  readonly preparation: { readonly script: string; readonly args: readonly string[] } | null;
  /** Null when the output goes to the log only. */
  readonly journal: Journal | null;
  readonly counterFiles: readonly string[];
  readonly oomScoreAdj: number;
  readonly command: Command;
  readonly nice: number;
  /** Run in the idle scheduling classes of CPU and I/O, where the tools exist. */
  readonly isBackground: boolean;
  readonly usesPty: boolean;
  readonly cwd: string;
  readonly umask: number;
  readonly env: Environment;
  readonly tools: Tools;
}

export interface Journal {
  /** SYSLOG_IDENTIFIER of the lines. */
  readonly identifier: string;
  /** For a task in its own unit: the task's group, and the cgroup.procs of the unit's other group. Null otherwise. */
  readonly unit: { readonly asideFile: string; readonly group: string } | null;
}

/** Absolute paths: the caller's PATH must not decide which programs babysit runs. */
export interface Tools {
  readonly cat: string;
  readonly env: string;
  readonly nice: string;
  readonly bash: string;
  /** Niceness of the spawner, which its children inherit. */
  readonly spawnerNice: number;
  /** Command prefix for the idle classes of CPU and I/O; empty where the tools do not exist. */
  readonly background: readonly string[];
  /** script(1) of util-linux; null without it. */
  readonly script: string | null;
}

const WITH_JOURNAL = join(import.meta.dirname, 'with-journal.sh');

/**
 * A subshell of the supervisor evaluates it. The subshell leads its own process group and has `$dir`.
 * If a step fails, the script writes the reason to `start_failed` and the command does not run.
 */
export function launchScript(launch: Launch): string {
  const { exported, viaEnv } = splitEnvironment(launch.env);
  const plainArgv =
    launch.command.kind === 'shell' ? [launch.tools.bash, '-c', launch.command.line] : launch.command.argv;
  const { script } = launch.tools;
  // -e: exit with the code of the command. `exec` avoids a shell between script and the command.
  const argv =
    launch.usesPty && script !== null
      ? [script, '-qefc', `exec ${plainArgv.map(shellQuote).join(' ')}`, '/dev/null']
      : plainArgv;
  const envWords =
    viaEnv.length === 0 ? [] : [launch.tools.env, ...viaEnv.map(([name, value]) => `${name}=${value}`)];
  return [
    // The supervisor copies these files when no daemon is alive to read them before the group is removed.
    ...launch.counterFiles.map((file) => `#counter ${file}`),
    'trap - INT TERM HUP QUIT PIPE',
    `fail() { printf '%s\\n' "$1" >"$dir/start_failed"; exit 125; }`,
    ...prepared(launch),
    ...(launch.usesPty && script === null ? ["fail '--pty needs script(1) of util-linux'"] : []),
    `for file in ${launch.entryFiles.map(shellQuote).join(' ')}; do`,
    `echo 0 >"$file" || fail "cannot enter the task's cgroup: $file"; done`,
    `[ ! -w /proc/self/oom_score_adj ] || echo ${launch.oomScoreAdj} >/proc/self/oom_score_adj`,
    'read_stat',
    'echo "started $EPOCHREALTIME $stat" >>"$dir/claim"',
    `umask ${launch.umask.toString(8).padStart(4, '0')}`,
    `cd ${shellQuote(launch.cwd)} || fail ${shellQuote(`cannot enter the working directory: ${launch.cwd}`)}`,
    // bash warns about a locale that is not installed: keep the warning out of the command's output.
    '{',
    'set -a',
    exported.map(([name, value]) => `${name}=${shellQuote(value)}`).join(' '),
    'set +a',
    '} 2>/dev/null',
    `exec ${[...execOptionWords(launch), ...envWords, ...argv].map(shellQuote).join(' ')}`,
    '',
  ].join('\n');
}

/** The supervisor evaluates it: it sets the variables of with-journal.sh and sources it. */
export function journalScript({ identifier, unit }: Journal): string {
  return [
    `journal_name=${shellQuote(identifier)}`,
    `unit_aside=${shellQuote(unit?.asideFile ?? '')}`,
    `unit_group=${shellQuote(unit?.group ?? '')}`,
    `. ${shellQuote(WITH_JOURNAL)}`,
    '',
  ].join('\n');
}

/** Closes fd 8: only the supervisor may keep the unit's FIFO open. */
function prepared({ preparation }: Launch): string[] {
  if (preparation === null) return [];
  const { script, args } = preparation;
  return [
    `. ${[script, ...args].map(shellQuote).join(' ')} 2>"$dir/unit.err" ||`,
    `fail "cannot start its systemd unit: $(<"$dir/unit.err")"`,
    'exec 8>&-',
  ];
}

function execOptionWords({ nice, isBackground, tools }: Launch): string[] {
  return [
    ...(nice === tools.spawnerNice ? [] : [tools.nice, '-n', String(nice - tools.spawnerNice)]),
    ...(isBackground ? tools.background : []),
  ];
}

/** Names that bash can export. Other names, and those that bash reserves or resets, are set with env(1). */
const EXPORTABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHELL_OWN =
  /^(IFS|LINENO|PPID|UID|EUID|GROUPS|SHELLOPTS|S?RANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|FUNCNAME|DIRSTACK|PIPESTATUS|HISTCMD|OPTIND|EXECIGNORE|POSIXLY_CORRECT|BASH.*)$/;

function splitEnvironment(env: Environment): {
  exported: [string, string][];
  viaEnv: [string, string][];
} {
  const entries = Object.entries(env).filter(([name]) => name !== '_');
  const isExportable = ([name]: [string, string]) => EXPORTABLE.test(name) && !SHELL_OWN.test(name);
  return { exported: entries.filter(isExportable), viaEnv: entries.filter((entry) => !isExportable(entry)) };
}
