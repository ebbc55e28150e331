// The view Settings: every setting with its value and the source of the value. The page changes none.
import { useEffect, useState } from 'preact/hooks';
import type { ConfigView } from '../../src/api/schemas/daemon.ts';
import { ask } from '../client/request.ts';

const SOURCES = { default: 'default', file: 'config.json', env: 'environment' } as const;

export function SettingsPage({ connection }: { readonly connection: string }) {
  const [config, setConfig] = useState<ConfigView | null>(null);
  const [filter, setFilter] = useState('');
  const [hasFailed, setFailed] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another daemon may have other settings.
  useEffect(() => {
    const leaving = new AbortController();
    ask<ConfigView>('/v1/config', leaving.signal).then(
      (read) => {
        setConfig(read);
        setFailed(false);
      },
      () => setFailed(!leaving.signal.aborted),
    );
    return () => leaving.abort();
  }, [connection]);
  if (hasFailed) return <p class="empty">The daemon does not answer.</p>;
  if (config === null) return <p class="empty">Reading the settings…</p>;
  const words = filter.toLowerCase();
  const rows = config.values.filter(({ key, help }) => `${key} ${help}`.toLowerCase().includes(words));
  return (
    <section>
      <h1>Settings</h1>
      <p class="quiet">
        To change one, run <code>babysit config set KEY VALUE</code>. State directory: {config.home}
      </p>
      <label class="field filter">
        <span>Filter</span>
        <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
      </label>
      <table class="settings">
        <thead>
          <tr>
            <th scope="col">setting</th>
            <th scope="col">value</th>
            <th scope="col">source</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, value, source, help }) => (
            <tr key={key} class={source === 'default' ? undefined : 'changed'}>
              <th scope="row">
                {key} <span class="help">{help}</span>
              </th>
              <td>{textOf(value)}</td>
              <td>{SOURCES[source]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
