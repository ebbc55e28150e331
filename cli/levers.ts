// Keeps the levers that cost others for people: from an agent's session they need a setting.
import type { Home } from '../src/config/home.ts';
import { BabysitError } from '../src/core/errors.ts';
import type { Lever } from '../src/core/host/levers.ts';
import { readRegular } from '../src/files/regular-file.ts';
import { isJsonObject, parseJson } from '../src/text/json.ts';

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

/** Returns the lever that a command pulls. Throws BabysitError operator_only for an agent that no setting allows it. */
export function checkLever(
  command: string,
  typed: Typed,
  home: () => Home,
  env: NodeJS.ProcessEnv,
): CheckedLever | null {
  const lever = leverOf(command, typed);
  if (lever === null || !isAgent(env) || mayPull(lever, home())) return lever;
  throw new BabysitError(
    'operator_only',
    `${NAMES[lever]} is for people, and this is the session of an agent`,
    {
      setting: `agents.may_${lever}`,
      hint: `Ask the user. Outside of the session, babysit config set agents.may_${lever} true allows it.`,
    },
  );
}

/** The daemon checks the kill of another owner's task, because it knows the owners. */
type CheckedLever = Exclude<Lever, 'kill_others'>;

const NAMES: Readonly<Record<CheckedLever, string>> = {
  force: '--force',
  config: 'a change of settings',
  profile: 'a switch of the profile',
  hold: 'hold, which stops the starting of tasks,',
  uninstall_hooks: 'hooks uninstall',
  stop_daemon: 'daemon-stop --kill_tasks',
  bypass: 'the bypass word',
};

function leverOf(command: string, { flags, positionals: [word] }: Typed): CheckedLever | null {
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
    text = readRegular(home.config, 'utf8');
  } catch {
    return undefined;
  }
  return valueAt(parseJson(text).value, key);
}

/** The key may be written as a whole, or in objects of its words. */
function valueAt(node: unknown, key: string): unknown {
  if (!isJsonObject(node)) return undefined;
  if (Object.hasOwn(node, key)) return node[key];
  const words = key.split('.');
  for (let count = 1; count < words.length; count++) {
    const found = valueAt(node[words.slice(0, count).join('.')], words.slice(count).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
}
