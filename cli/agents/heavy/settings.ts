// Reads how heavy commands are routed: the mode of the user, and the rule files of the repository and the user.
import { join } from 'node:path';
import type { Home } from '../../../src/config/home.ts';
import { readRegular } from '../../../src/files/regular-file.ts';
import { parseJson } from '../../../src/text/json.ts';
import { settingIn } from '../../levers.ts';
import { MODES, type Mode, mergeRules, type Rule, type RuleFile, readRuleFile } from './rules.ts';

export interface Routing {
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  /** The rule files that were read, and what is wrong with one that was not. */
  readonly files: readonly { readonly file: string; readonly fault: string | null }[];
}

/** The project's file comes before the user's, and both before the shipped rules. */
export function readRouting(home: Home, project: string, env: NodeJS.ProcessEnv): Routing {
  const places = [join(project, '.babysit', 'rules.json'), join(home.dir, 'rules.json')];
  const read = places.flatMap((file) => {
    const value = readJson(file);
    if (value === undefined) return [];
    const rules = value === null ? 'invalid JSON' : readRuleFile(value);
    return [{ file, rules }];
  });
  const valid = read.flatMap(({ rules }) => (typeof rules === 'string' ? [] : [rules as RuleFile]));
  const mode = valid.find((file) => file.mode !== undefined)?.mode ?? settingOf('hooks.route', home, env);
  return {
    mode: MODES.find((each) => each === mode) ?? 'advise',
    rules: mergeRules(valid),
    files: read.map(({ file, rules }) => ({ file, fault: typeof rules === 'string' ? rules : null })),
  };
}

/** A setting by its variable or in config.json. The daemon checks them; a hook must not load the schemas. */
export function settingOf(key: string, home: Home, env: NodeJS.ProcessEnv): unknown {
  const variable = env[`BABYSIT_${key.replaceAll('.', '_').toUpperCase()}`];
  if (variable !== undefined && variable !== '') return variable;
  return settingIn(home, key);
}

/** Returns undefined without a file, null when it is not JSON. */
function readJson(file: string): unknown {
  let text: string;
  try {
    text = readRegular(file, 'utf8');
  } catch {
    return undefined;
  }
  return parseJson(text).value ?? null;
}
