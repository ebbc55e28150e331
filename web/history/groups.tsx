// Estimates against use, waits and kills for each command, owner or project.
import type { HistoryView, Quantiles } from '../../src/api/schemas/observe/history-summary.ts';
import { duration, size } from '../text.ts';

type Dimension = HistoryView['by'];
type Group = HistoryView['groups'][number];

const TITLES: Readonly<Record<Dimension, string>> = {
  command: 'Command',
  owner: 'Owner',
  project: 'Project',
};

const COLUMNS = [
  'runs',
  'killed',
  'failed',
  'waited (9 of 10)',
  'time',
  'memory',
  'cores',
  'lost',
  'reserved, unused',
] as const;

interface Props {
  readonly summary: HistoryView;
  readonly onGroup: (by: Dimension) => void;
}

export function Groups({ summary: { by, groups, left_out }, onGroup }: Props) {
  return (
    <section aria-labelledby="groups-title">
      <div class="head">
        <h2 id="groups-title">Estimates against use</h2>
        <label class="choice">
          <span class="hidden">Group by</span>
          <select value={by} onChange={(event) => onGroup(event.currentTarget.value as Dimension)}>
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
              <th scope="col">{TITLES[by].toLowerCase()}</th>
              {COLUMNS.map((title) => (
                <th key={title} scope="col" class="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.key}>
                <th scope="row">{group.key}</th>
                {cellsOf(group).map(({ text, tone }, column) => (
                  <td key={COLUMNS[column]} class={`number ${tone}`} data-title={COLUMNS[column]}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {left_out > 0 ? <p class="quiet">The {groups.length} groups that ran longest.</p> : null}
    </section>
  );
}

/** In the order of COLUMNS. */
function cellsOf(group: Group): readonly { readonly text: string | number; readonly tone: string }[] {
  const plain = (text: string | number) => ({ text, tone: '' });
  const killed = group.killed + group.interrupted;
  return [
    plain(group.tasks),
    { text: killed, tone: killed > 0 ? 'bad-text' : '' },
    plain(group.failed),
    plain(duration(group.wait_ms?.p90 ?? null)),
    ...[group.time_ratio, group.mem_ratio, group.cpu_ratio].map((ratio) => ({
      text: calibrated(ratio),
      tone: toneOf(ratio),
    })),
    plain(group.lost_ms === 0 ? '–' : duration(group.lost_ms)),
    plain(group.ran_ms === 0 ? '–' : size((1000 * group.unused_mem_byte_s) / group.ran_ms)),
  ];
}

const times = (ratio: number) => `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1)}×`;

function calibrated(value: Quantiles): string {
  return value === null ? '–' : `${times(value.p50)} · ${times(value.p90)}`;
}

/** Too little is killed, more than three times too much makes others wait. */
function toneOf(value: Quantiles): string {
  if (value === null) return '';
  return value.p50 < 1 ? 'bad-text' : value.p50 > 3 ? 'warn-text' : '';
}
