// Lists every setting with its value, source and help.
import type { ConfigView } from '../api/schemas/daemon.ts';
import type { LoadedConfig } from '../config/load.ts';
import { SETTING_KEYS, SETTINGS } from '../config/settings.ts';

export function configView(home: string, loaded: LoadedConfig): ConfigView {
  return {
    home,
    values: SETTING_KEYS.map((key) => ({
      key,
      value: loaded.written[key],
      source: loaded.sources[key],
      help: SETTINGS[key].help,
    })),
  };
}
