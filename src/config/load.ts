// Loads the settings: the environment overrides config.json, which overrides the defaults. Keeps the source of each value.
import type { ZodError } from 'zod';
import { BabysitError } from '../core/errors.ts';
import { readRegular } from '../files/regular-file.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import { type Config, SETTING_KEYS, SETTINGS, type SettingKey } from './settings.ts';

export type Source = 'default' | 'file' | 'env';
export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Readonly<Record<SettingKey, Source>>;
  /** The values as the source has them, for display. */
  readonly written: Readonly<Record<SettingKey, unknown>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `admission.when_full` -> `BABYSIT_ADMISSION_WHEN_FULL` */
export function envName(key: SettingKey): string {
  return `BABYSIT_${key.replaceAll('.', '_').toUpperCase()}`;
}

/** Throws BabysitError `usage` that names the source, the key and the problem. */
export function loadConfig(path: string, env: Env): LoadedConfig {
  return loadConfigText(readConfigFile(path), path, env);
}

/** `text`: that of the file at `path`. */
export function loadConfigText(text: string, path: string, env: Env): LoadedConfig {
  const file = parseConfigFile(text, path);
  const values: Partial<Record<SettingKey, unknown>> = {};
  const sources = {} as Record<SettingKey, Source>;
  const written = {} as Record<SettingKey, unknown>;
  for (const key of SETTING_KEYS) {
    const fromEnv = env[envName(key)];
    const source: Source = fromEnv !== undefined ? 'env' : file.has(key) ? 'file' : 'default';
    const raw = source === 'env' ? fromEnv : source === 'file' ? file.get(key) : SETTINGS[key].fallback;
    sources[key] = source;
    written[key] = raw;
    values[key] = read(key, raw, source === 'env' ? `environment ${envName(key)}` : path);
  }
  return { config: values as Config, sources, written };
}

function read(key: SettingKey, raw: unknown, place: string): unknown {
  try {
    const result = SETTINGS[key].schema.safeParse(raw);
    if (result.success) return result.data;
    throw new BabysitError('usage', `${place}: ${key}: ${describe(result.error)}`);
  } catch (error) {
    if (error instanceof BabysitError && !error.message.startsWith(place))
      throw new BabysitError('usage', `${place}: ${error.message}`);
    throw error;
  }
}

function describe(error: ZodError): string {
  return error.issues.map((issue) => issue.message).join('; ');
}

function readConfigFile(path: string): string {
  try {
    return readRegular(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw new BabysitError('usage', `${path}: cannot be read: ${(error as Error).message}`);
  }
}

function parseConfigFile(text: string, path: string): Map<string, unknown> {
  const { value: json, why } = parseJson(text);
  if (why !== null) throw new BabysitError('usage', `${path}: invalid JSON: ${why}`);
  if (!isJsonObject(json)) throw new BabysitError('usage', `${path}: must contain a JSON object`);
  const values = new Map(flatten(json, ''));
  for (const [key, value] of values) {
    if (isJsonObject(value) && SETTING_KEYS.some((known) => known.startsWith(`${key}.`))) continue;
    if (!Object.hasOwn(SETTINGS, key))
      throw new BabysitError(
        'usage',
        `${path}: unknown key "${key}": remove it or correct its spelling (babysit config show lists every key)`,
      );
  }
  return values;
}

/** `{"a":{"b":1}}` and `{"a.b":1}` both give `a.b`. */
function* flatten(value: Readonly<Record<string, unknown>>, prefix: string): Generator<[string, unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (isJsonObject(inner) && Object.keys(inner).length > 0) yield* flatten(inner, `${prefix}${key}.`);
    else yield [`${prefix}${key}`, inner];
  }
}
