// Decides about a shell command of an agent. The verdict is data; judge.ts and explain.ts render it.

import { type Routing, readRouting } from '../cli/agents/heavy/settings.ts';
import { currentProject, findProject } from '../cli/input/project.ts';
import { mayPull } from '../cli/levers.ts';
import { findHome, type Home } from '../src/config/home.ts';
import { COMMAND_MAX_CHARS, decide } from './decide.ts';
import type { ShellRequest } from './harness.ts';
import { type AllTasks, askTasks } from './known-tasks.ts';
import { noteLook } from './looks/memory.ts';
import { findRepeated, type NoteLook } from './looks/repeated.ts';
import { TooComplex } from './poll/scope.ts';
import { findEndless } from './processes/endless.ts';
import { findKill } from './processes/kills.ts';
import { findRoute, type Route } from './route/route.ts';

export interface Verdict {
  readonly action: 'deny' | 'advise' | 'rewrite';
  readonly because: 'polls' | 'never_ends' | 'kills_others' | 'third_look' | 'heavy';
  /** The command to run instead. */
  readonly instead: string;
  readonly why: string;
  readonly route?: Route;
}

/** What a verdict depends on in addition to the command. */
export interface Surroundings {
  /** Null without a daemon. */
  readonly tasks: AllTasks | null;
  readonly routing: Pick<Routing, 'mode' | 'rules'>;
  /** The setting agents.may_bypass. */
  readonly mayBypass: boolean;
  /** Null: the looks of the command do not count. */
  readonly noteLook: NoteLook | null;
}

/** Lets commands run: in the environment of the hook, or with agents.may_bypass anywhere in the command. */
export const BYPASS = 'BYPASS_SLEEP_BABYSIT_CHECK';

/** Returns null when the command may run. `isReal`: the agent is about to run it, so its looks count. */
export async function verdictOf(
  request: ShellRequest,
  env: NodeJS.ProcessEnv,
  isReal: boolean,
): Promise<Verdict | null> {
  const home = findHome(env);
  const mayBypass = mayPull('bypass', home);
  const project = request.cwd === null ? currentProject() : findProject(request.cwd);
  // biome-ignore lint/plugin/no-wall-clock: the age of a look; at a wrong time it costs one look more
  const note: NoteLook = (key, state) => noteLook(home.dir, key, state, Date.now());
  const verdict = verdictIn(request, {
    tasks: await askTasks(request, env),
    routing: readRouting(home, project, env),
    mayBypass,
    noteLook: isReal ? note : null,
  });
  const isBypassed = (env[BYPASS] ?? '') !== '' || (mayBypass && request.command.includes(BYPASS));
  if (verdict === null || !isBypassed) return verdict;
  if (isReal && verdict.action !== 'advise') await reportBypass(request, home, env, note);
  return null;
}

/** Records that the bypass let a refused command run. A session in a loop does not fill the record. */
async function reportBypass(
  { session }: ShellRequest,
  home: Home,
  env: NodeJS.ProcessEnv,
  note: NoteLook,
): Promise<void> {
  // Loaded here only: a hook that loads less starts sooner.
  const { callerName } = await import('../cli/input/caller.ts');
  const { reportLeverUse } = await import('../cli/client/lever-use.ts');
  const by = callerName(session === null ? env : { ...env, CLAUDE_CODE_SESSION_ID: session });
  if (!note(`bypass|${by}`, '')) await reportLeverUse(home, { lever: 'bypass', of: null, by });
}

/** The verdict for known surroundings; ignores the bypass. */
export function verdictIn(request: ShellRequest, around: Surroundings): Verdict | null {
  const { command } = request;
  if (command.length > COMMAND_MAX_CHARS) return null;
  try {
    return (
      pollVerdict(command, around) ??
      endlessVerdict(command) ??
      killVerdict(command, around.tasks) ??
      lookVerdict(command, around) ??
      routeVerdict(request, around)
    );
  } catch (error) {
    if (error instanceof TooComplex) return null;
    throw error;
  }
}

function pollVerdict(command: string, { tasks, mayBypass }: Surroundings): Verdict | null {
  const advice = decide(command, tasks);
  if (advice === null) return null;
  // The word is a lever of people: from an agent it needs the setting.
  const isRefused = !mayBypass && command.includes(BYPASS);
  const refused = isRefused ? ' The bypass word is operator_only (setting agents.may_bypass).' : '';
  const offered = mayBypass ? ` If this is not polling, add the comment # ${BYPASS}.` : '';
  const instead = advice.command.replace(new RegExp(`\\s*#\\s*${BYPASS}\\s*$`), '');
  return { action: 'deny', because: 'polls', instead, why: `${advice.why}${refused}${offered}` };
}

function endlessVerdict(command: string): Verdict | null {
  const fault = findEndless(command);
  return fault === null
    ? null
    : { action: 'deny', because: 'never_ends', instead: fault.command, why: fault.why };
}

function killVerdict(command: string, tasks: AllTasks | null): Verdict | null {
  const isOwn = ({ project, owner }: { project: string; owner: string | null }) =>
    tasks !== null && (owner === null ? project === tasks.project : owner === tasks.owner);
  const fault = findKill(command, { known: tasks?.others ?? [], isOwn });
  return fault === null
    ? null
    : { action: 'deny', because: 'kills_others', instead: fault.command, why: fault.why };
}

function lookVerdict(command: string, { tasks, noteLook: note }: Surroundings): Verdict | null {
  if (tasks === null || note === null || !/\b(?:status|logs?|wait)\b/.test(command)) return null;
  const repeated = findRepeated(command, tasks, note);
  if (repeated === null) return null;
  const why = `Nothing has happened to ${repeated.name} since your last looks. It returns at the event.`;
  return { action: 'deny', because: 'third_look', instead: repeated.command, why };
}

function routeVerdict(
  { command, isBackground }: ShellRequest,
  { routing, tasks }: Surroundings,
): Verdict | null {
  const route = findRoute(command, { ...routing, isBackground });
  if (route === null || route.mode === 'off') return null;
  // What follows `nohup make > log &` may pause for the log, which is now that of a task.
  const instead = decide(route.command, tasks)?.command ?? route.command;
  return { action: route.mode, because: 'heavy', instead, why: whyRoute(route), route };
}

function whyRoute({ detached }: Route): string {
  switch (detached) {
    case null:
      return 'It runs in its turn, with the same output and exit code.';
    case 'run_in_background':
      return 'Use run_in_background for this command: the task outlives it, and babysit wait reports the end.';
    default:
      return 'The task outlives this shell. Wait for it with babysit wait.';
  }
}
