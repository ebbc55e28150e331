// Lists every setting with its value, source and help, and changes one.
import { validate } from 'node-cron';
import type { ConfigChangeView, ConfigSetBody, ConfigView } from '../api/schemas/daemon.ts';
import type { LiveConfig, SettingChange } from '../config/change.ts';
import { envName, type LoadedConfig } from '../config/load.ts';
import { SETTING_KEYS, SETTINGS } from '../config/settings.ts';
import { BabysitError } from '../core/errors.ts';
import type { HostMemory } from '../procfs/meminfo.ts';
import { formatSize, parseSize } from '../units/size.ts';

export function configView(home: string, loaded: LoadedConfig): ConfigView {
  return {
    home,
    values: SETTING_KEYS.map((key) => ({
      key,
      value: loaded.written[key],
      source: loaded.sources[key],
      values: SETTINGS[key].schema.description ?? '',
      help: SETTINGS[key].help,
    })),
  };
}

export interface SetConfigDeps {
  readonly settings: LiveConfig;
  /** Applies settings that were derived from the changed ones. */
  reconfigure(): void;
  readHost(): HostMemory;
}

/** Throws BabysitError usage, and changes nothing then. */
export function setConfig(
  { settings, reconfigure, readHost }: SetConfigDeps,
  body: ConfigSetBody,
): ConfigChangeView {
  const { value } = body;
  const isCron = body.key === 'retention.schedule' || /^profile\.\w+\.at$/.test(body.key);
  if (isCron && value !== null && value !== 'off' && !validate(String(value)))
    throw new BabysitError('usage', `${body.key}: "${value}" is not a cron expression; example: 0 8 * * 1-5`);
  if (body.key === 'admission.memory_reserve' && value !== null && value !== 'auto') {
    const { totalBytes } = readHost();
    if (parseSize(String(value), body.key) >= totalBytes)
      throw new BabysitError(
        'usage',
        `${body.key}: ${value} leaves no memory for tasks: this host has ${formatSize(totalBytes)}`,
      );
  }
  const change = settings.change(body.key, value);
  if (change.takesEffect === 'now') reconfigure();
  const { key, takesEffect } = change;
  const { written, sources } = settings.loaded;
  const hint = hintOf(change);
  return {
    key,
    value: written[key],
    source: sources[key],
    takes_effect: takesEffect,
    ...(hint === null ? {} : { hint }),
  };
}

function hintOf({ key, takesEffect }: SettingChange): string | null {
  switch (takesEffect) {
    case 'now':
      return null;
    case 'after_restart':
      return 'Run babysit daemon-restart to apply it. Tasks keep running.';
    case 'environment':
      return `The daemon has ${envName(key)} in its environment, which overrides the file: run babysit daemon-restart without it.`;
  }
}
