// Translates the words of other tools (kill, tail, timeout, systemd-run, Slurm, pueue, task-spooler, docker): what a
// command or a flag of theirs is called here.
import type { FlagSpecs } from './argv.ts';

/** Calls of babysit, each with the words of other tools that mean it. A word may mean several. */
export const CALLS_ELSEWHERE: Readonly<Record<string, string>> = {
  run: 'add submit enqueue sbatch start new launch spawn create nohup bg bsub qsub',
  exec: 'srun systemd-run nice timeout do',
  'run --batch=-': 'batch array parallel',
  'run --test_only': 'dry-run plan check test',
  list: 'ps squeue jobs job tasks task queue qstat bjobs',
  'list --all': 'sacct',
  'list --tree': 'tree pstree',
  status: 'info show detail details describe get inspect why explain scontrol sinfo capacity free',
  log: 'tail cat output stdout journalctl peek print',
  'log --follow': 'follow tailf',
  kill: 'cancel scancel terminate term abort end interrupt skill pkill qdel bkill rm remove delete del',
  clean: 'rm remove delete del purge prune gc clear reset',
  pause: 'suspend freeze',
  resume: 'start continue cont unpause unfreeze thaw unsuspend',
  'hold NAME': 'stash',
  release: 'unhold unstash',
  adjust: 'edit modify change set update renice prio priority set-property',
  retry: 'restart rerun requeue redo again',
  wait: 'join block swait',
  'wait-for-capacity': 'salloc reserve lease',
  top: 'htop monitor watch ui tui',
  'list --watch': 'watch',
  attach: 'fg reattach sattach',
  send: 'write input stdin',
  doctor: 'health diagnose',
  config: 'settings',
  'daemon-start': 'start up serve',
  'daemon-stop': 'shutdown down quit exit',
  'daemon-restart': 'restart reload',
};

/**
 * Flags of babysit, each with the flags of other tools that mean it; `name=value` stands for both words. A command is
 * offered those that it has, of the first line that fits: what stands higher is what such a word mostly means.
 */
const FLAGS_ELSEWHERE: readonly (readonly [own: string, words: string])[] = [
  [
    'estimated_mem_bytes',
    'm mem memory ram mem_limit memory_limit memory_max max_mem max_memory mem_per_cpu mem_per_node',
  ],
  ['mem_bytes', 'm mem memory ram'],
  [
    'estimated_cpu_cores',
    'c j cpu cpus cores ncpus vcpus jobs threads cpu_limit cpus_per_task estimated_cpus ntasks',
  ],
  ['cpu_cores', 'c cpu cpus cores ncpus'],
  ['estimated_time kill_timeout', 't time time_limit timelimit walltime max_time runtime duration'],
  ['timeout', 't time wait_time'],
  ['for', 't time until duration'],
  ['observability_interval', 'idle_timeout silence_timeout stall_timeout'],
  ['name', 'J n job_name label title'],
  ['name', 'job id task task_id unit'],
  ['cwd', 'D C w chdir working_directory workdir directory dir'],
  ['env', 'E e setenv environment export'],
  ['signal=SIGKILL', '9 KILL SIGKILL'],
  ['after', 'd dependency depends depends_on needs'],
  ['all', 'a everything all_users'],
  ['after', 'a'],
  ['wait', 'f W follow block foreground sync attach'],
  ['watch', 'f follow interval'],
  ['force', 'f y yes now immediate'],
  ['status', 's t state states'],
  ['status=running', 'running'],
  ['status=pending', 'pending queued'],
  ['status=failed', 'failed'],
  ['tail', 'lines c'],
  ['limit', 'n count max'],
  ['columns format', 'o fields output'],
  ['priority', 'prio'],
  ['owner', 'u user me mine account'],
  ['tag', 'g group'],
  ['context', 'comment metadata annotation'],
  ['batch', 'array'],
  ['test_only', 'dry_run'],
  ['gpus', 'G gpu gres'],
  ['pty', 'tty'],
  ['stdin', 'i interactive'],
  ['quiet', 'silent'],
  ['background', 'idle'],
  ['on_end', 'callback mail_user mail_type'],
  ['exit_code', 'exit_status return_code'],
  ['full', 'v l verbose long'],
  ['json', 'j'],
];

/** Returns the calls that mean what the command `word` means elsewhere. */
export function callsFor(word: string): string[] {
  return Object.keys(CALLS_ELSEWHERE).filter((call) => CALLS_ELSEWHERE[call]?.split(' ').includes(word));
}

/** Returns the flags of `specs` that mean what `typed` means elsewhere, without their dashes. */
export function flagsFor(specs: FlagSpecs, typed: string): string[] {
  const short = /^-([A-Za-z0-9]+)$/.exec(typed)?.[1];
  const asked = short ?? typed.replace(/^-+/, '').replaceAll('-', '_').toLowerCase();
  if (short !== undefined && specs.head !== undefined && /^\d+$/.test(short)) return [`tail=${short}`];
  for (const [owns, words] of FLAGS_ELSEWHERE) {
    const known = owns.split(' ').filter((own) => specs[own.split('=')[0] ?? ''] !== undefined);
    if (known.length > 0 && words.split(' ').includes(asked)) return known;
  }
  if (short !== undefined && specs.signal !== undefined && /^([A-Z0-9]{2,}|\d)$/.test(short))
    return [`signal=${short}`];
  return [];
}
