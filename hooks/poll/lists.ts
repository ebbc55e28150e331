// The lists of programs that decide what a command is: a pause, a look, a view, or nothing that a pause could help.

/** Programs that only let time pass. */
export const SLEEPERS = new Set(['sleep', 'gsleep', 'usleep', 'nanosleep', 'snooze', 'sleepenh']);

export const INTERPRETERS =
  /^(?:python[\d.]*|pypy3?|perl|ruby|node|nodejs|bun|deno|tsx|ts-node|php|lua|tclsh|expect|osascript|R|Rscript|julia|elixir|[gmn]?awk|(?:pwsh|powershell)(?:\.exe)?)$/;

/** Their code calls programs by name, as a shell does. */
export const SHELL_LIKE = /^(?:pwsh|powershell)(?:\.exe)?$/;

/** A pause in the code of another language. The first group is the time in seconds, the second in milliseconds. */
export const FOREIGN_PAUSES: readonly { readonly pattern: RegExp; readonly unit: number }[] = [
  { pattern: /\b(?:time\.)?sleep[\s(]+([\d.]+(?![\w.]))?/i, unit: 1 },
  { pattern: /\bEvent\(\)\.wait\(([\d.]+)?/, unit: 1 },
  { pattern: /\bsignal\.(?:alarm\((\d+)\)|pause\()/, unit: 1 },
  { pattern: /\bStart-Sleep\b[^\d]*([\d.]+)?/i, unit: 1 },
  { pattern: /\bsetTimeout\b[\s\S]*?,\s*([\d_e.]+)\s*\)/, unit: 0.001 },
  { pattern: /\bsetInterval\b[\s\S]*?,\s*([\d_e.]+)\s*\)/, unit: 0.001 },
  { pattern: /\bAtomics\.wait\b[\s\S]*?,\s*([\d_e.]+)\s*\)/, unit: 0.001 },
  { pattern: /\bselect(?:\.select)?[\s(]*(?:undef|\[\])[^;\n]*?,\s*([\d.]+)\s*(?:\)|$|;)/m, unit: 1 },
  { pattern: /\bBun\.sleep(?:Sync)?\s*\(\s*([\d_e.]+)/, unit: 0.001 },
  { pattern: /\bdelay\s*\(?\s*([\d.]+)?/, unit: 1 },
];

/** A call of a program in the code of another language. */
export const FOREIGN_CALL =
  /subprocess|os\.(?:system|popen|exec)|check_output|getoutput|\b(?:exec|spawn|execFile|fork)\w*\s*\(|\bsystem\b|popen|shell_exec|`[^`]*babysit|%x|\$`|Open3|qx\b|Command\b/;

/** A look at babysit in the code of another language: `babysit status build`, `'babysit', ['status', 'build']`. */
export const FOREIGN_LOOK =
  /\bbabysit\b(?:[^\w\n]|\bargs\b){1,12}(status|list|ls|logs?|wait|inbox)\b(?:[^\w\n]{1,8}([A-Za-z][\w.-]*))?/;

/** They print, set or ask something that does not change while time passes. */
export const QUIET = new Set(
  `: true false echo printf date set cd pushd popd pwd export declare local typeset readonly shopt unset alias test [ let
  expr seq basename dirname whoami hostname nproc uname id which type command hash umask tput clear tty stty reset figlet
  say notify-send osascript logger bc shift getopts mapfile readarray read trap ulimit times history env printenv jobs
  arch lscpu comm`.split(/\s+/),
);

/** Filters of what other programs print. */
export const FILTERS = new Set(
  `awk gawk base64 cat column cut egrep fgrep fold grep head jq yq less more nl od paste python3 rev rg sed sort tac tail tee
  tr uniq wc xargs xxd strings fmt pr ts sponge`.split(/\s+/),
);

/** They read files, processes or the host. */
export const VIEWERS = new Set(
  `awk bat batcat cat cut du egrep fgrep file find grep head jq less ls ll more rg sed sort sqlite3 stat strings tac tail tree
  wc md5sum sha256sum xxd od hexdump
  free uptime df ps top htop w nvidia-smi rocm-smi vmstat iostat mpstat sensors dstat ss netstat lsof pgrep pidof pstree
  dmesg journalctl last who`.split(/\s+/),
);

/** Subcommands of git that read the repository only. */
export const GIT_VIEWS = new Set(
  'status log diff show branch rev-parse describe remote config ls-files blame stash'.split(' '),
);

/** They read a file or a process by its name: with a name that babysit hands out they are looks. */
export const READERS = new Set(
  `awk bat cat cp cut du fswatch inotifywait lnav multitail tailf egrep fgrep file find grep head jq less ls more rg sed sort sqlite3 stat strings tac tail test wc [ [[
  kill ps pgrep pidof lsof xxd readlink realpath diff cmp md5sum python3 python`.split(/\s+/),
);

/** They show a file as it grows. */
export const FOLLOWERS = new Set(['fswatch', 'inotifywait', 'lnav', 'multitail', 'tailf']);

/** They view a process by its id or pattern. */
export const PROCESS_VIEWERS = new Set('htop kill lsof pgrep pidof pidstat pmap ps pwdx tail top'.split(' '));

/** The verbs of babysit that only read state, with the verb that the advice uses for them. */
export const LOOKS: Readonly<Record<string, string>> = {
  'daemon-status': 'ping',
  heartbeat: 'log',
  inbox: 'list',
  list: 'list',
  log: 'log',
  logs: 'log',
  ls: 'list',
  ping: 'ping',
  ps: 'list',
  status: 'status',
  top: 'list',
  wait: 'wait',
  'wait-for-capacity': 'wait_for_capacity',
};

/** The verbs that change a task or the daemon and return when that is done. */
export const CHANGES = new Set(
  'adjust pause resume profile config daemon-start daemon-restart daemon-stop clean hold release'.split(' '),
);

/** Their flags whose value may be a separate word. */
export const VALUED_FLAGS: readonly string[] = [
  'before',
  'columns',
  'cpu_cores',
  'estimated_cpu_cores',
  'estimated_mem_bytes',
  'estimated_time',
  'event',
  'format',
  'grep',
  'head',
  'lease_ttl',
  'limit',
  'log',
  'max_bytes',
  'mem_bytes',
  'name',
  'owner',
  'port',
  'priority',
  'since',
  'status',
  'tag',
  'timeout',
  'until',
];

/** Flags of a look that mean the same for `wait`. */
export const WAIT_FLAGS: readonly string[] = [
  'all_projects',
  'any',
  'all',
  'home',
  'tag',
  'timeout',
  'until',
  'event',
  'log',
  'port',
  'summary',
  'progress',
  'killed_ok',
  'project',
  'owner',
];
