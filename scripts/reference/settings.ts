// The page of settings, from their table.
import { envName } from '../../src/config/load.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey } from '../../src/config/settings.ts';
import { code, page, prose, table } from './markdown.ts';

const FILE = `\`\`\`json
{
  "admission": { "max_running": 8, "memory_reserve": "8G" },
  "watchdog.kill_grace": "3s"
}
\`\`\``;

export function settingsPage(): string {
  const groups = Map.groupBy(SETTING_KEYS, (key) => key.split('.')[0] ?? '');
  return page(
    'Settings',
    'src/config/settings.ts',
    prose(
      'Settings are in `config.json` in the state directory (`$BABYSIT_HOME`, by default `~/.local/state/babysit`); nested and dotted keys mean the same. An environment variable of the daemon overrides the file, and the file overrides the default.',
    ),
    FILE,
    prose(
      '`babysit config set KEY VALUE` writes the file. The daemon takes the change over at once; a setting marked with ↻ needs `babysit daemon-restart`, and so does every change by hand. An unknown key or an invalid value is an error. `babysit config show` prints every setting with its value and where the value comes from.',
    ),
    ...[...groups].flatMap(([group, keys]) => [
      `## ${group}`,
      table(['setting, variable', 'values', 'default', 'meaning'], keys.map(row)),
    ]),
  );
}

function row(key: SettingKey): string[] {
  const { schema, fallback, help, takesEffect } = SETTINGS[key];
  const mark = takesEffect === 'after_restart' ? ' ↻' : '';
  return [
    `${code(key)}${mark}<br>${code(envName(key))}`,
    schema.description ?? '',
    code(typeof fallback === 'object' ? JSON.stringify(fallback) : String(fallback)),
    help,
  ];
}
