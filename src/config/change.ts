// Changes one setting: in config.json, and in the settings in force where that needs no restart.
import { realpathSync } from 'node:fs';
import { BabysitError } from '../core/errors.ts';
import { readRegular, replaceFile } from '../files/regular-file.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import { envName, type LoadedConfig, loadConfigText } from './load.ts';
import { type Config, NEEDS_RESTART, SETTING_KEYS, type SettingKey } from './settings.ts';

export interface SettingChange {
  readonly key: SettingKey;
  /** `environment`: a variable of the daemon overrides the file. */
  readonly takesEffect: 'now' | 'after_restart' | 'environment';
}

export interface LiveConfig {
  /** `loaded.config` changes: read a value when it is used. */
  readonly loaded: LoadedConfig;
  /** Settings that were changed and wait for a restart. */
  readonly pending: ReadonlySet<SettingKey>;
  /** Null removes the key from the file. Throws BabysitError usage, and changes nothing then. */
  change(key: string, value: unknown): SettingChange;
}

type Env = Readonly<Record<string, string | undefined>>;

export function liveConfig(path: string, env: Env, loaded: LoadedConfig): LiveConfig {
  const pending = new Set<SettingKey>();
  return {
    loaded,
    pending,
    change(name, value) {
      const key = settingKey(name);
      const text = withValue(readFile(path), key, value);
      // Without the variable, which would hide a bad value.
      loadConfigText(text, path, { ...env, [envName(key)]: undefined });
      const next = loadConfigText(text, path, env);
      writeFile(path, text);
      assign(loaded.sources, key, next.sources[key]);
      assign(loaded.written, key, next.written[key]);
      if (next.sources[key] === 'env') return { key, takesEffect: 'environment' };
      if (NEEDS_RESTART.has(key)) {
        pending.add(key);
        return { key, takesEffect: 'after_restart' };
      }
      assign(loaded.config, key, next.config[key]);
      return { key, takesEffect: 'now' };
    },
  };
}

function assign<T>(record: Readonly<Record<SettingKey, T>> | Config, key: SettingKey, value: T): void {
  (record as Record<SettingKey, T>)[key] = value;
}

function settingKey(name: string): SettingKey {
  const key = SETTING_KEYS.find((one) => one === name);
  if (key !== undefined) return key;
  throw new BabysitError('usage', `there is no setting "${name}"`, {
    hint: 'Run babysit config show for all settings.',
  });
}

function readFile(path: string): string {
  try {
    return readRegular(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  }
}

/** Keeps the form of the file: a key that is there stays where it is, a new one goes into the objects of its words. */
function withValue(text: string, key: SettingKey, value: unknown): string {
  const { value: json } = parseJson(text);
  // A file that is not an object is refused when it is loaded.
  if (!isJsonObject(json)) return text;
  return `${JSON.stringify(put(json, key.split('.'), value), null, 2)}\n`;
}

/** Null removes the value, and the objects that are then empty. */
function put(node: Readonly<Record<string, unknown>>, words: readonly string[], value: unknown): object {
  const joined = words.join('.');
  const [first = '', ...rest] = words;
  const isLeaf = rest.length === 0 || Object.hasOwn(node, joined);
  const name = isLeaf ? joined : first;
  const inner = isJsonObject(node[name]) ? node[name] : {};
  const changed = isLeaf ? value : put(inner, rest, value);
  const isGone =
    changed === null || (!isLeaf && value === null && Object.keys(changed as object).length === 0);
  if (!isGone) return { ...node, [name]: changed };
  const { [name]: _, ...others } = node;
  return others;
}

/** Through a link, and never half: a daemon that cannot read its settings does not start. */
function writeFile(path: string, text: string): void {
  replaceFile(realPath(path), text);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
