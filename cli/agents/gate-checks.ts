// The checks of doctor about the harnesses of the caller: rules that go round babysit, and limits of waits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DoctorView } from '../../src/api/schemas/daemon.ts';
import { type Home, userHome } from '../../src/config/home.ts';
import { readRegular } from '../../src/files/regular-file.ts';
import { isJsonObject } from '../../src/text/json.ts';
import { shellWord } from '../../src/text/shell.ts';
import { findAllowRules } from './allow-rules.ts';
import { readRouting } from './heavy/settings.ts';
import { parseJsonText } from './json-text.ts';
import { installedHooks } from './settings-file.ts';
import { missingWaitSettings } from './wait-settings.ts';

type Check = DoctorView['checks'][number];
type Env = NodeJS.ProcessEnv;

export function gateChecks(home: Home, project: string, env: Env): Check[] {
  const own = userHome(env);
  const claude = env.CLAUDE_CONFIG_DIR || (own === null ? null : join(own, '.claude'));
  return [...allowChecks(home, project, env), ...(claude === null ? [] : waitChecks(claude, env))];
}

/** With the mode deny or rewrite the hook decides before an allow rule does. */
function allowChecks(home: Home, project: string, env: Env): Check[] {
  const { mode, rules } = readRouting(home, project, env);
  const isGated = mode === 'deny' || mode === 'rewrite';
  const found = findAllowRules(userHome(env), project, rules);
  const open = found.filter(
    ({ harness, file }) => !(isGated && harness === 'Claude Code' && hasHooks(file, env)),
  );
  if (open.length === 0)
    return found.length === 0
      ? []
      : [
          {
            what: 'allow rules',
            ok: true,
            reason: `the hook routes heavy commands (mode ${mode})`,
            fix: null,
          },
        ];
  return open.map(({ harness, file, rule, place }) => ({
    what: `allow rule of ${harness}`,
    ok: false,
    reason: `${rule} in ${file} lets heavy commands run without babysit and without a question`,
    fix: `Remove it from ${place}${harness === 'Claude Code' ? `, or run: ${gate(isGated)}` : '.'}`,
  }));
}

function gate(isGated: boolean): string {
  const install = 'babysit hooks install';
  return isGated ? install : `${install} && babysit config set hooks.route deny`;
}

/** The hooks of the user count for every project. */
function hasHooks(file: string, env: Env): boolean {
  const home = userHome(env);
  const own = home === null ? [] : [join(home, '.claude', 'settings.json')];
  return [...own, file].some((each) => {
    try {
      return installedHooks(each).some(({ hook }) => hook.event === 'PreToolUse');
    } catch {
      return false;
    }
  });
}

function waitChecks(claude: string, env: Env): Check[] {
  const file = join(claude, 'settings.json');
  if (!existsSync(file)) return [];
  const missing = missingWaitSettings(env, envOf(file));
  const what = 'waits in Claude Code';
  if (missing.length === 0) return [{ what, ok: true, reason: 'its limits allow long waits', fix: null }];
  return missing.map(({ variable, value, why }) => ({
    what,
    ok: false,
    reason: why,
    fix: `Set ${variable} to ${value} under env in ${shellWord(file)}`,
  }));
}

/** The variables that a settings file of Claude Code sets. */
export function envOf(file: string): Readonly<Record<string, unknown>> {
  try {
    const json = parseJsonText(readRegular(file, 'utf8'));
    const env = isJsonObject(json) ? json.env : undefined;
    return isJsonObject(env) ? env : {};
  } catch {
    return {};
  }
}
