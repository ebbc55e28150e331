// Prints which rule applies to a command and why, for `babysit hooks explain` and `babysit hooks route`.

import { findRule, ruleOf } from '../cli/agents/heavy/rules.ts';
import { readRouting } from '../cli/agents/heavy/settings.ts';
import { currentProject } from '../cli/input/project.ts';
import { findHome } from '../src/config/home.ts';
import { COMMAND_MAX_CHARS } from './decide.ts';
import type { ShellRequest } from './harness.ts';
import type { Call } from './poll/call.ts';
import { evaluate } from './poll/evaluate.ts';
import { TooComplex } from './poll/scope.ts';
import { verdictOf } from './verdict.ts';

/** The verdict of a command in this directory as one JSON object. */
export async function explain(
  command: string,
  isBackground: boolean,
  env: NodeJS.ProcessEnv,
): Promise<object> {
  const request: ShellRequest = {
    command,
    harness: 'claude',
    cwd: process.cwd(),
    session: env.CLAUDE_CODE_SESSION_ID || null,
    isBackground,
    limitMs: null,
    input: { command },
    permissionMode: null,
  };
  const verdict = await verdictOf(request, env, false);
  if (verdict === null) return { action: 'pass', ...passedBy(command, env) };
  const { action, because, instead, why, route } = verdict;
  const rule =
    route === undefined
      ? {}
      : {
          rule: route.rule.name,
          part: route.part,
          ...(route.detached === null ? {} : { detached: route.detached }),
        };
  return { action, because, ...rule, instead, why };
}

/** The rule for a program of the command, and why it lets this call run. Empty without one. */
function passedBy(command: string, env: NodeJS.ProcessEnv): object {
  const { mode, rules } = readRouting(findHome(env), currentProject(), env);
  for (const { name, texts, scope } of callsOf(command)) {
    const rule = ruleOf(name, texts, rules);
    if (rule === null) continue;
    if (scope.isTask) return { rule: rule.name, why: 'It already runs under babysit.' };
    if (scope.isRemote) return { rule: rule.name, why: 'It runs on another host or in a container.' };
    const isOff = (rule.mode ?? mode) === 'off';
    const why = isOff
      ? 'The mode is off.'
      : 'The rule leaves this call alone, because it is short, or not heavy work.';
    return { rule: rule.name, why };
  }
  return {};
}

/** Empty for a command that is too large to check, which passes. */
function callsOf(command: string): readonly Call[] {
  if (command.length > COMMAND_MAX_CHARS) return [];
  try {
    return evaluate(command, []).calls;
  } catch (error) {
    if (error instanceof TooComplex) return [];
    throw error;
  }
}

/** The mode, the rules in their order, and the files that they come from. */
export function routing(env: NodeJS.ProcessEnv): object {
  return readRouting(findHome(env), currentProject(), env);
}

/** For a shim: whether a rule says that the program with these words is heavy. */
export function isHeavy([name = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const { mode, rules } = readRouting(findHome(env), currentProject(), env);
  const rule = findRule(name, args, rules);
  return rule !== null && (rule.mode ?? mode) !== 'off';
}
