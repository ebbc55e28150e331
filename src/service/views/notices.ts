// What a person should look at: shown by `status`, and by `doctor` as failed checks.
import { readdirSync } from 'node:fs';
import type { NoticeView } from '../../api/schemas/daemon.ts';
import type { HoldView } from '../../api/schemas/hold.ts';
import { counted } from '../../core/counted.ts';
import type { Held } from '../../engine/dispatch-hold.ts';
import type { Recovered } from '../../engine/recover.ts';
import type { RunningBudget } from '../../engine/rules.ts';
import { shellQuote } from '../../text/shell.ts';

export interface NoticeDeps {
  readonly tasksDir: string;
  readonly lostDir: string;
  readonly recovered: Recovered;
  /** Why clients no longer find this daemon; null while they do. */
  homeLoss(): string | null;
  runningCount(): number;
  /** The files of this daemon were replaced since its start. */
  isUpdated(): boolean;
  /** Changed settings that wait for a restart. */
  pendingSettings(): ReadonlySet<string>;
  /** Why no attempt starts; null while attempts start. */
  held(): Held | null;
  /** Why the process that starts tasks ended; null while it works. */
  spawnerFault(): string | null;
  /** What inotify lacks; null when it works. */
  inotifyShortage(): 'instances' | 'watches' | null;
  /** The limits when fewer tasks run at the same time than the setting allows, because of a limit; else null. */
  runningBudget(): RunningBudget | null;
}

export function notices(deps: NoticeDeps): NoticeView[] {
  return [
    ...updateNotice(deps),
    ...settingsNotice(deps),
    ...homeNotice(deps),
    ...heldNotice(deps),
    ...spawnerNotice(deps),
    ...inotifyNotice(deps),
    ...runningBudgetNotice(deps),
    ...recoveredNotices(deps),
    ...lostNotice(deps),
  ];
}

/** Status shows the holds themselves. `command` ends a hold. */
export function holdNotices(holds: readonly HoldView[], command: (hold: HoldView) => string): NoticeView[] {
  return holds.map((hold) => ({
    what: 'hold',
    reason: `${hold.by} holds the start of ${hold.scope === 'all' ? 'all tasks' : `${hold.scope} ${hold.name ?? hold.of}`}${hold.reason === null ? '' : ` (${hold.reason})`} until ${hold.until ?? 'babysit release'}; ${hold.held} waiting`,
    fix: `Run: ${command(hold)}`,
  }));
}

function homeNotice({ homeLoss, runningCount }: NoticeDeps): NoticeView[] {
  const why = homeLoss();
  if (why === null) return [];
  return [
    {
      what: 'state directory',
      reason: `${why}; the daemon starts nothing and ends when running tasks have ended (${runningCount()} now)`,
      fix: 'Move it back after that, or set BABYSIT_HOME to its new place.',
    },
  ];
}

function updateNotice({ isUpdated }: NoticeDeps): NoticeView[] {
  if (!isUpdated()) return [];
  return [
    {
      what: 'updated, restart needed',
      reason: 'babysit was updated since the daemon started',
      fix: 'Run babysit daemon-restart. Tasks keep running.',
    },
  ];
}

function settingsNotice({ pendingSettings }: NoticeDeps): NoticeView[] {
  const keys = [...pendingSettings()];
  if (keys.length === 0) return [];
  return [
    {
      what: 'settings changed, restart needed',
      reason: `the daemon still has the former value of ${keys.join(', ')}`,
      fix: 'Run babysit daemon-restart. Tasks keep running.',
    },
  ];
}

function heldNotice({ held }: NoticeDeps): NoticeView[] {
  const now = held();
  if (now === null) return [];
  return [
    {
      what: 'dispatch held',
      reason: `no task starts, because the host lacks ${now.what}: ${now.message}`,
      fix: 'Pending tasks start when the shortage ends. Nothing else is needed after that.',
    },
  ];
}

function spawnerNotice({ spawnerFault }: NoticeDeps): NoticeView[] {
  const fault = spawnerFault();
  if (fault === null) return [];
  return [
    {
      what: 'spawner',
      reason: `the process that starts tasks ended: ${fault}. The daemon starts it again, with longer waits after each failure`,
      fix: 'Repair what the message names. Pending tasks start after that.',
    },
  ];
}

function inotifyNotice({ inotifyShortage }: NoticeDeps): NoticeView[] {
  const what = inotifyShortage();
  if (what === null) return [];
  return [
    {
      what: 'inotify',
      reason: `this user has no free inotify ${what}, so the daemon sees the start and the end of a task up to a second late`,
      fix: `Run: sysctl -w fs.inotify.max_user_${what}=8192, or end a program that holds many.`,
    },
  ];
}

const RAISE_LIMIT = {
  'open files': {
    may: 'open',
    things: 'files',
    raise: 'the hard limit (ulimit -H -n 65536, LimitNOFILE= of a service)',
  },
  processes: {
    may: 'start',
    things: 'processes and threads, with those of its tasks',
    raise:
      'the limit of its user (ulimit -H -u, LimitNPROC= of a service) or of its cgroup (pids.max, docker run --pids-limit, TasksMax=)',
  },
} as const;

function runningBudgetNotice({ runningBudget }: NoticeDeps): NoticeView[] {
  const budget = runningBudget();
  if (budget === null) return [];
  const { what, limit, maxRunning } = budget;
  const { may, things, raise } = RAISE_LIMIT[what];
  const tasks = maxRunning === 1 ? 'one task runs' : `${maxRunning} tasks run`;
  return [
    {
      what,
      reason: `the daemon may ${may} ${limit} ${things}, so at most ${tasks} at the same time`,
      fix: `Raise ${raise}, then run babysit daemon-restart.`,
    },
  ];
}

function recoveredNotices({ recovered, tasksDir }: NoticeDeps): NoticeView[] {
  const { adopted, leftAlone } = recovered;
  const found: NoticeView[] = [];
  if (adopted.length > 0)
    found.push({
      what: 'tasks newer than the database',
      reason: `the database did not know ${counted(adopted.length, 'task')}, which the daemon adopted from ${tasksDir}: ${shown(adopted)}`,
      fix: 'Submit pending tasks of that time again: the database lost them. This note ends with the daemon.',
    });
  if (leftAlone.length > 0)
    found.push({
      what: 'unknown tasks',
      reason: `the daemon does not know ${counted(leftAlone.length, 'task')} and left them alone: ${shown(leftAlone)}`,
      fix: `Look at their files in ${tasksDir} and end their processes yourself.`,
    });
  return found;
}

function lostNotice({ lostDir }: NoticeDeps): NoticeView[] {
  const names = entriesOf(lostDir);
  if (names.length === 0) return [];
  return [
    {
      what: 'lost tasks',
      reason: `${lostDir} holds the files of ${counted(names.length, 'task')} that the database did not know: ${shown(names)}`,
      fix: `Keep the logs that you need, then run: rm -r ${shellQuote(lostDir)}`,
    },
  ];
}

const SHOWN = 5;

function shown(names: readonly string[]): string {
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
  return names.slice(0, SHOWN).join(', ') + more;
}

function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
