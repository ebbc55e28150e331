// The shell script that the supervisor's child runs: enter the group, set directory and environment, execute the command.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DEFAULT_TERMINAL,
  type Ignorable,
  type Inherited,
  RLIMITS,
  type Rlimit,
  type Rlimits,
} from '../core/inherited.ts';
import { pipePaths, pipesOf, type Streams, stopMark, terminalMark } from '../core/streams.ts';
import type { Command } from '../core/task.ts';
import { shellQuote } from '../text/shell.ts';
import type { Environment } from './environment.ts';
import { jobserverLines } from './jobserver.ts';
import { splitEnvironment, type Variable } from './variables.ts';

export interface Launch {
  readonly dir: string;
  readonly log: LogLimits;
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
  /** Null: no standard input, and the output goes to the log. */
  readonly streams: Streams | null;
  readonly cwd: string;
  readonly umask: number;
  readonly inherited: Inherited;
  readonly env: Environment;
  /** Jobs of the job server; null: it has none. */
  readonly jobs: number | null;
  readonly tools: Tools;
}

/** Rules for the log that the supervisor enforces. */
export interface LogLimits {
  readonly maxBytes: number;
  /** Number of rotated parts to keep. */
  readonly keep: number;
}

export interface Journal {
  /** SYSLOG_IDENTIFIER of the lines. */
  readonly identifier: string;
  /** For a task in its own unit: the task's group, and the cgroup.procs of the unit's other group. Null otherwise. */
  readonly unit: { readonly asideFile: string; readonly group: string; readonly resultScript: string } | null;
}

/** Absolute paths: the caller's PATH must not decide which programs babysit runs. */
export interface Tools {
  /** Directories of the programs that the supervisor runs, as in PATH. */
  readonly path: string;
  readonly env: string;
  readonly nice: string;
  readonly bash: string;
  /** What the children of the spawner inherit. */
  readonly spawnerNice: number;
  readonly spawnerRlimits: Rlimits;
  /** Null without /proc. */
  readonly spawnerCpus: string | null;
  /** Null without it. */
  readonly stty: string | null;
  readonly tty: string | null;
  /** Null where CPUs cannot be chosen. */
  readonly taskset: string | null;
  /** Command prefix for the idle classes of CPU and I/O; empty where the tools do not exist. */
  readonly background: readonly string[];
  /** script(1); null without it. */
  readonly script: string | null;
  /** script(1) is that of BSD, which macOS has: it takes the command as words. */
  readonly isBsdScript: boolean;
}

/** Read at the start, like the script of the spawner. */
const WITH_JOURNAL = readFileSync(join(import.meta.dirname, 'with-journal.sh'), 'utf8');

/**
 * A subshell of the supervisor evaluates it. The subshell leads its own process group and has `$dir`.
 * If a step fails, the script writes the reason to `start_failed` and the command does not run.
 */
export function launchScript(launch: Launch): string {
  const { script } = launch.tools;
  const { dir, jobs, env } = launch;
  const jobserver = jobs === null ? null : jobserverLines(dir, jobs, env.MAKEFLAGS);
  const { exported, argv } = launch.usesPty && script !== null ? withTerminal(launch, script) : plain(launch);
  return [
    ...pipeLine(launch),
    // The supervisor copies these files when no daemon is alive to read them before the group is removed.
    ...launch.counterFiles.map((file) => `#counter ${file}`),
    'trap - INT TERM HUP QUIT PIPE XFSZ',
    ...FAILURE,
    ...prepared(launch),
    ...(launch.usesPty && script === null ? ["fail '--pty needs script(1) of util-linux'"] : []),
    `for file in ${launch.entryFiles.map(shellQuote).join(' ')}; do`,
    `enter "$file" 2>/dev/null || fail "cannot enter the task's cgroup: $file$(why enter "$file")"; done`,
    `[ ! -w /proc/self/oom_score_adj ] || echo ${launch.oomScoreAdj} 2>/dev/null >/proc/self/oom_score_adj`,
    'read_stat',
    // Without the record the daemon would start the command again.
    'echo "started $EPOCHREALTIME $stat" 2>/dev/null >>"$dir/claim" || exit 125',
    ...(jobserver?.create ?? []),
    `umask ${launch.umask.toString(8).padStart(4, '0')}`,
    ...directoryLines(launch),
    ...redirections(launch),
    ...checkLine(launch),
    // bash warns about a locale that is not installed: keep the warning out of the command's output.
    '{',
    'set -a',
    exported.map(([name, value]) => `${name}=${shellQuote(value)}`).join(' '),
    'set +a',
    // `exec` subtracts the one that `splitEnvironment` has added, or does not: see spawner.sh.
    '[ -z "$SHLVL" ] || SHLVL=$((SHLVL - keeps_level))',
    ...limitLines(launch),
    ...(jobserver?.announce ?? []),
    '} 2>/dev/null',
    ...ignoreLine(launch.inherited),
    execLine([...execOptionWords(launch), ...argv]),
    '',
  ].join('\n');
}

/** bash begins its errors with a name and a line of this script, which are of no use in the log of a task. */
const FAILURE = [
  `fail() { printf '%s\\n' "$1" >"$dir/start_failed"; echo "babysit: $1" >&2; exit 125; }`,
  'enter() { echo 0 >"$1"; }',
  // Runs a step that has failed again, for its reason.
  `why() { local text; text=$("$@" 2>&1) || echo " (\${text##*: })"; }`,
];

function directoryLines({ cwd }: Launch): string[] {
  const step = `cd ${shellQuote(cwd)}`;
  const what = shellQuote(`cannot enter the working directory: ${cwd}`);
  return [`${step} 2>/dev/null || fail ${what}"$(why ${step})"`];
}

function ignoreLine({ ignored = [] }: Inherited): string[] {
  return ignored.length === 0 ? [] : [`trap '' ${ignored.map(trapName).join(' ')}`];
}

function trapName(signal: Ignorable): string {
  return signal.slice('SIG'.length);
}

/** What the supervisor makes before the start: see make_pipes in supervisor.sh. */
function pipeLine({ streams, dir }: Launch): string[] {
  if (streams === null) return [];
  const names = pipePaths(streams, dir).map((path) => path.slice(dir.length + 1));
  return names.length === 0 ? [] : [`#pipes ${names.join(' ')}`];
}

/** See supervisor.sh. A terminal that shows the streams of script(1) does not translate newlines. */
function checkLine({ command, usesPty, streams, env: { PATH } }: Launch): string[] {
  if (command.kind !== 'argv' || PATH === undefined) return [];
  const words = [command.argv[0] ?? '', usesPty && streams !== null ? '\\r' : '', PATH];
  return [`check_program ${words.map(shellQuote).join(' ')}`];
}

/**
 * script(1) has the pipes of the terminal; what is not a terminal is redirected inside of it. It keeps what it inherits
 * open, so that it gets the end for reading only.
 */
function redirections({ streams, dir, usesPty }: Launch): string[] {
  if (streams === null) return [];
  const { in: stdin, out, gate } = pipesOf(streams, dir);
  const open = usesPty && streams.stdin === 'pipe' ? OPEN_INPUT : '<';
  const input = stdin === null ? [] : [`${open}${shellQuote(stdin)} ${UNHELD}`];
  if (gate !== null) input.push(`7>${shellQuote(gate)} 7>&-`);
  const terminalWords = out === null ? [] : [`>${shellQuote(out)} 2>&1`];
  const words = [...input, ...(usesPty ? terminalWords : streamWords(streams, dir))];
  return [`exec ${words.join(' ')} || fail 'cannot open the streams of the task'`];
}

/** A standard input that is not a terminal is on fd 6 inside of script(1). */
const OPEN_INPUT = '6<';
const TAKE_INPUT = '<&6 6<&-';
/** See make_pipes in supervisor.sh. */
const UNHELD = '7<&-';

/** Without a standard input that is a pipe. */
function streamWords(streams: Streams, dir: string): string[] {
  const { out, err } = pipesOf(streams, dir);
  const words: string[] = [];
  if (streams.stdin === 'null') words.push('</dev/null');
  if (streams.stdin === 'closed') words.push('<&-');
  if (streams.stdout === 'pipe') words.push(`>${shellQuote(out ?? '')}`);
  if (streams.stderr === 'pipe') words.push(`2>${shellQuote(err ?? '')}`);
  if (streams.stderr === 'stdout') words.push('2>&1');
  if (streams.stdout === 'closed') words.push('>&-');
  if (streams.stderr === 'closed') words.push('2>&-');
  return words;
}

/** The supervisor evaluates it: it sets the variables of with-journal.sh and sources it. */
export function journalScript({ identifier, unit }: Journal): string {
  return [
    `journal_name=${shellQuote(identifier)}`,
    `unit_aside=${shellQuote(unit?.asideFile ?? '')}`,
    `unit_group=${shellQuote(unit?.group ?? '')}`,
    `unit_result() {\n${unit?.resultScript ?? ':'}\n}`,
    WITH_JOURNAL,
  ].join('\n');
}

/** Closes fd 8: only the supervisor may keep the unit's FIFO open. */
function prepared({ preparation }: Launch): string[] {
  if (preparation === null) return [];
  const { script, args } = preparation;
  return [
    'prepare() {',
    script,
    '}',
    `prepare ${args.map(shellQuote).join(' ')} 2>"$dir/unit.err" || {`,
    'error=$(<"$dir/unit.err")',
    // Without the name and the line of the script.
    'while [[ $error =~ ^(.*)environment:[^:]*[0-9]:\\ (.*)$ ]]; do',
    `error=\${BASH_REMATCH[1]}\${BASH_REMATCH[2]}; done`,
    'fail "cannot start its systemd unit: $error"; }',
    'exec 8>&-',
  ];
}

function execOptionWords(launch: Launch): string[] {
  const { nice, isBackground, tools } = launch;
  return [
    ...(nice === tools.spawnerNice ? [] : [tools.nice, '-n', String(nice - tools.spawnerNice)]),
    ...(isBackground ? tools.background : []),
    ...cpuWords(launch),
  ];
}

function cpuWords({ inherited: { cpus }, tools }: Launch): string[] {
  return cpus === null || cpus === tools.spawnerCpus || tools.taskset === null
    ? []
    : [tools.taskset, '-c', cpus];
}

/** Variables that bash exports itself, and the words that set the others and execute the command. */
interface Execution {
  readonly exported: readonly Variable[];
  readonly argv: readonly string[];
}

function plain({ env, command, tools }: Launch): Execution {
  const { exported, viaEnv, unset } = splitEnvironment(env);
  return { exported, argv: envWords(tools, viaEnv, unset, commandWords(command, tools)) };
}

/**
 * script(1) gives the terminal to a shell that it finds in SHELL: bash, with the variables that cannot change a shell.
 * That shell sets the size and executes the command with the rest.
 */
function withTerminal(launch: Launch, script: string): Execution {
  const { env, command, tools, inherited, streams } = launch;
  const { exported, viaEnv, unset } = splitEnvironment(env);
  const isSafe = ([name]: Variable) => !TERMINAL_SHELL.test(name);
  // Each shell on the way changes SHLVL.
  const others = exported
    .filter((variable) => !isSafe(variable))
    .map(([name, value]): Variable => [name, name === 'SHLVL' ? (env.SHLVL ?? value) : value]);
  const removed = env.SHELL === undefined ? [...unset, 'SHELL'] : unset;
  const words = envWords(tools, [...viaEnv, ...others], removed, commandWords(command, tools));
  const { columns, rows } = inherited.terminal ?? DEFAULT_TERMINAL;
  // script(1) turns the echo off when its own input is not a terminal.
  const sane = streams === null ? '' : 'sane ';
  const sizeLine = tools.stty === null ? '' : `${tools.stty} ${sane}rows ${rows} columns ${columns}\n`;
  const run = streams === null ? execLine(words) : jobLine(streams, launch, words);
  return {
    exported: [...exported.filter(isSafe), ['SHELL', tools.bash]],
    argv: scriptWords(tools, script, `${sizeLine}${run}`),
  };
}

/**
 * A terminal stops no process group whose members have no parent in the session (orphaned, see setpgid(2)). So the
 * leader of the session stays, runs the command as its job, and stops itself after it has stopped: see src/relay/stop.ts.
 * The leader is an interactive shell: another one gives its terminal to a job only while its errors go to it, too.
 */
function jobLine(
  streams: Streams,
  { dir, inherited, tools: { bash, tty } }: Launch,
  words: readonly string[],
): string {
  const ignored = (inherited.ignored ?? []).map(trapName);
  const restored = LEADER_IGNORES.filter((name) => !ignored.includes(name));
  const script = [
    'set +H +o history',
    `babysit_terminal=$(${tty ?? ':'})`,
    `exec ${[...(streams.stdin === 'pipe' ? [TAKE_INPUT] : []), ...streamWords(streams, dir)].join(' ')}`,
    // It prints a line when its job is stopped or interrupted.
    'exec 8>&1 9>&2 >/dev/null 2>/dev/null',
    // The command ends first, also when a signal reaches both.
    `trap '' ${LEADER_IGNORES.join(' ')}`,
    // A loop would end at an interrupt.
    'end() {',
    '[ -n "$(jobs -ps)" ] || exit "$1"',
    `: >${shellQuote(stopMark(dir))}; kill -STOP $$`,
    'fg',
    'end $?',
    '}',
    `(${restored.length === 0 ? '' : `trap - ${restored.join(' ')}; `}echo "$babysit_terminal $$" >${shellQuote(terminalMark(dir))}`,
    `${execLine(words)}) >&8 2>&9 8>&- 9>&-`,
    'end $?',
  ];
  return `exec ${bash} --norc --noprofile -ic ${shellQuote(script.join('\n'))}`;
}

const LEADER_IGNORES = ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2', 'ALRM'];

/** util-linux needs -e to exit with the code of the command. */
function scriptWords({ bash, isBsdScript }: Tools, script: string, line: string): readonly string[] {
  return isBsdScript ? [script, '-q', '/dev/null', bash, '-c', line] : [script, '-qefc', line, '/dev/null'];
}

/** bash drops or changes these when it starts or when the terminal changes, or warns about an unknown locale. */
const TERMINAL_SHELL = /^(SHELL|SHLVL|OLDPWD|PS\d|COLUMNS|LINES|LANG|LC_\w+)$/;

/** The command of a line may begin with a dash: without `--` bash would take it for an option. */
function commandWords(command: Command, { bash }: Tools): readonly string[] {
  if (command.kind === 'argv') return command.argv;
  return [bash, '-c', ...(/^[-+]/.test(command.line) ? ['--'] : []), command.line];
}

/** env(1) takes a program with `=` in its name for a variable, so nice(1) executes it. */
function envWords(
  { env, nice }: Tools,
  variables: readonly Variable[],
  unset: readonly string[],
  argv: readonly string[],
): readonly string[] {
  if (variables.length === 0 && unset.length === 0) return argv;
  const program = argv[0]?.includes('=') ? [nice, '-n', '0', '--', ...argv] : argv;
  return [
    env,
    ...unset.flatMap((name) => ['-u', name]),
    ...variables.map(([name, value]) => `${name}=${value}`),
    ...program,
  ];
}

function execLine(words: readonly string[]): string {
  return `exec -- ${words.map(shellQuote).join(' ')}`;
}

/** The hard limit may have to be raised before the soft one, or lowered after it. Only root can raise it. */
function limitLines({ inherited: { rlimits }, tools: { spawnerRlimits } }: Launch): string[] {
  const lines = RLIMITS.flatMap((name) => {
    const wanted = rlimits[name];
    if (wanted === undefined || wanted.join() === spawnerRlimits[name]?.join()) return [];
    const { flag, unit } = ULIMIT[name];
    return [`limit ${[flag, ...wanted.map((value) => inUnits(value, unit))].join(' ')}`];
  });
  if (lines.length === 0) return [];
  const set = 'ulimit -H -$1 $3; ulimit -S -$1 $2 || ulimit -S -$1 hard; ulimit -H -$1 $3';
  return [`limit() { ${set}; }`, ...lines];
}

/** Rounded up, so that the command can do what its caller can. */
function inUnits(value: string, unit: bigint): string {
  return value === 'unlimited' ? value : String((BigInt(value) + unit - 1n) / unit);
}

/** The flags of ulimit in bash, and the bytes of its units. */
const ULIMIT: Readonly<Record<Rlimit, { readonly flag: string; readonly unit: bigint }>> = {
  cpu: { flag: 't', unit: 1n },
  fsize: { flag: 'f', unit: 1024n },
  data: { flag: 'd', unit: 1024n },
  stack: { flag: 's', unit: 1024n },
  core: { flag: 'c', unit: 1024n },
  rss: { flag: 'm', unit: 1024n },
  nproc: { flag: 'u', unit: 1n },
  nofile: { flag: 'n', unit: 1n },
  memlock: { flag: 'l', unit: 1024n },
  as: { flag: 'v', unit: 1024n },
  locks: { flag: 'x', unit: 1n },
  sigpending: { flag: 'i', unit: 1n },
  msgqueue: { flag: 'q', unit: 1n },
  nice: { flag: 'e', unit: 1n },
  rtprio: { flag: 'r', unit: 1n },
  rttime: { flag: 'R', unit: 1n },
};
