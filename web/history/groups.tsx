// Estimates against use, waits and kills for each command, owner or project.
import { useState } from 'preact/hooks';
import type { Calibration, Dimension, HistorySummary } from '../../cli/history/summary.ts';
import { duration, size } from '../text.ts';

const TITLES: Readonly<Record<Dimension, string>> = {
  command: 'Command',
  owner: 'Owner',
  project: 'Project',
};

export function Groups({ summary }: { readonly summary: HistorySummary }) {
  const [dimension, setDimension] = useState<Dimension>('command');
  const groups = summary.by[dimension];
  return (
    <section aria-labelledby="groups-title">
      <div class="head">
        <h2 id="groups-title">Estimates against use</h2>
        <label class="choice">
          <span class="hidden">Group by</span>
          <select
            value={dimension}
            onChange={(event) => setDimension(event.currentTarget.value as Dimension)}
          >
            {Object.entries(TITLES).map(([value, title]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="quiet">
        Estimate ÷ use of completed runs: half of them at most, 9 of 10 at most. 1× is exact, 3× is three
        times too much.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it on a small screen. */}
      <section class="scroll" tabIndex={0} aria-label="Table of estimates against use">
        <table class="groups">
          <thead>
            <tr>
              <th scope="col">{TITLES[dimension].toLowerCase()}</th>
              {[
                'runs',
                'killed',
                'failed',
                'waited (9 of 10)',
                'time',
                'memory',
                'lost',
                'reserved, unused',
              ].map((title) => (
                <th key={title} scope="col" class="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <th scope="row">{group.name}</th>
                <td class="number">{group.runs}</td>
                <td class={group.killed > 0 ? 'number bad-text' : 'number'}>{group.killed}</td>
                <td class="number">{group.failed}</td>
                <td class="number">{duration(group.waited_p90_ms)}</td>
                <td class={`number ${tone(group.time)}`}>{calibrated(group.time)}</td>
                <td class={`number ${tone(group.mem)}`}>{calibrated(group.mem)}</td>
                <td class="number">{group.lost_ms === 0 ? '–' : duration(group.lost_ms)}</td>
                <td class="number">
                  {group.ran_ms === 0 ? '–' : size((1000 * group.idle_mem_byte_s) / group.ran_ms)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {summary.more_groups > 0 ? <p class="quiet">The {groups.length} groups with the most runs.</p> : null}
    </section>
  );
}

const times = (ratio: number) => `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)}×`;

function calibrated(value: Calibration | null): string {
  return value === null ? '–' : `${times(value.p50)} · ${times(value.p90)}`;
}

/** Too little is killed, more than three times too much makes others wait. */
function tone(value: Calibration | null): string {
  if (value === null) return '';
  return value.p50 < 1 ? 'bad-text' : value.p50 > 3 ? 'warn-text' : '';
}
