// Keeps the levers that cost others for people: from an agent's session they need a setting.
import { readFileSync } from 'node:fs';
import type { Home } from '../src/config/home.ts';
import { BabysitError } from '../src/core/errors.ts';
import { isJsonObject, parseJson } from '../src/text/json.ts';

/** Each lever has the setting `agents.may_<lever>`. */
export const LEVERS = [
  'force',
  'config',
  'profile',
  'hold',
  'uninstall_hooks',
  'stop_daemon',
  'bypass',
] as const;
export type Lever = (typeof LEVERS)[number];

/** Variables that agent harnesses set for the commands that they run. */
const AGENT_VARIABLES = [
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDECODE',
  'CODEX_SANDBOX',
  'CODEX_THREAD_ID',
  'CURSOR_AGENT',
  'GEMINI_CLI',
  'OPENCODE',
  'AMP_CURRENT_THREAD_ID',
];

interface Typed {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** Throws BabysitError operator_only when an agent pulls a lever that no setting allows. */
export function checkLever(command: string, typed: Typed, home: () => Home, env: NodeJS.ProcessEnv): void {
  const lever = leverOf(command, typed);
  if (lever === null || !isAgent(env) || mayPull(lever, home())) return;
  throw new BabysitError(
    'operator_only',
    `${NAMES[lever]} is for people, and this is the session of an agent`,
    {
      setting: `agents.may_${lever}`,
      hint: `Ask the user. Outside of the session, babysit config set agents.may_${lever} true allows it.`,
    },
  );
}

const NAMES: Readonly<Record<Lever, string>> = {
  force: '--force',
  config: 'a change of settings',
  profile: 'a switch of the profile',
  hold: 'hold, which stops the starting of tasks,',
  uninstall_hooks: 'hooks uninstall',
  stop_daemon: 'daemon-stop --kill_tasks',
  bypass: 'the bypass word',
};

function leverOf(command: string, { flags, positionals: [word] }: Typed): Lever | null {
  switch (command) {
    case 'run':
    case 'exec':
    case 'retry':
      return flags.force === true ? 'force' : null;
    case 'config':
      return word === 'set' || word === 'unset' ? 'config' : null;
    case 'profile':
      return word === undefined ? null : 'profile';
    case 'hold':
    case 'release':
      return 'hold';
    case 'hooks':
      return word === 'uninstall' ? 'uninstall_hooks' : null;
    case 'daemon-stop':
      return flags.kill_tasks === true ? 'stop_daemon' : null;
    default:
      return null;
  }
}

export function isAgent(env: NodeJS.ProcessEnv): boolean {
  return AGENT_VARIABLES.some((name) => (env[name] ?? '') !== '');
}

/** A variable of the agent's own session cannot allow it: only config.json counts. */
export function mayPull(lever: Lever, home: Home): boolean {
  const value = settingIn(home, `agents.may_${lever}`);
  return value === true || value === 'true';
}

/** A setting of config.json. The daemon checks the values; a client must not load the schemas. */
export function settingIn(home: Home, key: string): unknown {
  let text: string;
  try {
    text = readFileSync(home.config, 'utf8');
  } catch {
    return undefined;
  }
  const { value } = parseJson(text);
  return isJsonObject(value) ? value[key] : undefined;
}
