// Decides about a shell command of an agent. The verdict is data; judge.ts and explain.ts render it.

import { readRouting } from '../cli/agents/heavy/settings.ts';
import { reportLeverUse } from '../cli/client/lever-use.ts';
import { callerName } from '../cli/input/caller.ts';
import { currentProject, findProject } from '../cli/input/project.ts';
import { mayPull } from '../cli/levers.ts';
import { findHome } from '../src/config/home.ts';
import { BYPASS, decide } from './decide.ts';
import { findEndless, findKill } from './endless.ts';
import type { ShellRequest } from './harness.ts';
import { type AllTasks, askTasks } from './known-tasks.ts';
import { findRepeated } from './looks/repeated.ts';
import { TooComplex } from './poll/scope.ts';
import { findRoute, type Route } from './route/route.ts';

export interface Verdict {
  readonly action: 'deny' | 'advise' | 'rewrite';
  readonly because: 'polls' | 'never_ends' | 'kills_others' | 'third_look' | 'heavy';
  /** The command to run instead. */
  readonly instead: string;
  readonly why: string;
  readonly route?: Route;
}

export const COMMAND_MAX_CHARS = 1_000_000;

/** Returns null when the command may run. `isReal`: the agent is about to run it, so its looks count. */
export async function verdictOf(
  request: ShellRequest,
  env: NodeJS.ProcessEnv,
  isReal: boolean,
): Promise<Verdict | null> {
  const { command } = request;
  const mayBypass = mayPull('bypass', findHome(env));
  if (command.length > COMMAND_MAX_CHARS) return null;
  if (mayBypass && command.includes(BYPASS)) {
    const by = callerName(
      request.session === null ? env : { ...env, CLAUDE_CODE_SESSION_ID: request.session },
    );
    if (isReal) await reportLeverUse(findHome(env), { lever: 'bypass', of: null, by });
    return null;
  }
  try {
    const tasks = await askTasks(request, env);
    return (
      pollVerdict(command, tasks, mayBypass) ??
      endlessVerdict(command) ??
      killVerdict(command, tasks) ??
      (isReal && tasks !== null ? lookVerdict(command, tasks, env) : null) ??
      routeVerdict(request, env)
    );
  } catch (error) {
    if (error instanceof TooComplex) return null;
    throw error;
  }
}

function pollVerdict(command: string, tasks: AllTasks | null, mayBypass: boolean): Verdict | null {
  const advice = decide(command, tasks, mayBypass);
  if (advice === null) return null;
  // The word is a lever of people: from an agent it needs the setting.
  const refused = command.includes(BYPASS)
    ? ' The bypass word is operator_only (setting agents.may_bypass).'
    : '';
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

function lookVerdict(command: string, tasks: AllTasks, env: NodeJS.ProcessEnv): Verdict | null {
  if (!/\b(?:status|logs?)\b/.test(command)) return null;
  // biome-ignore lint/plugin/no-wall-clock: the age of a look; at a wrong time it costs one look more
  const repeated = findRepeated(command, tasks, findHome(env).dir, Date.now());
  if (repeated === null) return null;
  const why = `Nothing has happened to ${repeated.name} since your last looks. It returns at the event.`;
  return { action: 'deny', because: 'third_look', instead: repeated.command, why };
}

function routeVerdict(request: ShellRequest, env: NodeJS.ProcessEnv): Verdict | null {
  const project = request.cwd === null ? currentProject() : findProject(request.cwd);
  const { mode, rules } = readRouting(findHome(env), project, env);
  const route = findRoute(request.command, { rules, mode, isBackground: request.isBackground });
  if (route === null || route.mode === 'off') return null;
  return { action: route.mode, because: 'heavy', instead: route.command, why: whyRoute(route), route };
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
