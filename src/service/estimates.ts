// What was learned of a command, or of the commands of a project; and forgetting it.
import type { LearnedListView, LearnedQuery, LearnedView } from '../api/schemas/estimates.ts';
import type { Command } from '../core/task.ts';
import { commandKey } from '../estimates/key.ts';
import { type History, predict } from '../estimates/predict.ts';
import type { RunSample } from '../estimates/run-sample.ts';
import type { Store } from '../store/store.ts';
import { roundCores } from '../units/number.ts';
import { commandText } from './views/task-row.ts';

/** Commands are not stored with what was learned, so a list reads them from the newest tasks of the project. */
const TASKS_READ = 500;
const COMMANDS_SHOWN = 50;
const RECENT = 7;

/** `statedMs`: the default time. A command of which nothing is known has null in each dimension. */
export function learned(store: Store, { project, command }: LearnedQuery, statedMs: number): LearnedListView {
  const commands =
    command === null ? commandsOf(store, project) : [{ kind: 'shell', line: command } as const];
  const views = commands.map((one) => learnedView(one, store.learned.history(project, one), statedMs));
  const known = views.filter(({ time, mem, cpu }) => (time ?? mem ?? cpu) !== null);
  return { estimates: command === null ? known : views };
}

/** One command of each program and verb, the newest first. */
function commandsOf(store: Store, project: string): Command[] {
  const found = new Map<string, Command>();
  for (const id of store.idsBefore({ project }, null, TASKS_READ).ids) {
    const task = store.byId(id);
    if (task === null || task.isNotLearned) continue;
    const { subcommand } = commandKey(task.command);
    if (!found.has(subcommand)) found.set(subcommand, task.command);
    if (found.size === COMMANDS_SHOWN) break;
  }
  return [...found.values()];
}

function learnedView(command: Command, history: History, statedMs: number): LearnedView {
  const { time, mem, cpu } = predict(history, { statedMs, declaredCores: null });
  const recent = (level: keyof History, use: (run: RunSample) => number | null) =>
    history[level].flatMap((run) => use(run) ?? []).slice(-RECENT);
  return {
    command: commandText(command),
    subcommand: commandKey(command).subcommand,
    time: time && {
      expected_ms: Math.round(time.value.expectedMs),
      safe_ms: Math.round(time.value.safeMs),
      level: time.level,
      n: time.n,
      recent: recent(time.level, ({ timeMs }) => Math.round(timeMs)),
    },
    mem: mem && {
      bytes: mem.value,
      level: mem.level,
      n: mem.n,
      recent: recent(mem.level, ({ memBytes }) => memBytes && Math.round(memBytes)),
    },
    cpu: cpu && {
      cores: cpu.value,
      level: cpu.level,
      n: cpu.n,
      recent: recent(cpu.level, ({ cpuCores }) => roundCores(cpuCores)),
    },
  };
}
