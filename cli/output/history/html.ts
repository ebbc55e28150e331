// Writes the history as one HTML file: no script, no request to anywhere, and all text of tasks escaped.
import type {
  HistoryGroup,
  HistoryView,
  Quantiles,
} from '../../../src/api/schemas/observe/history-summary.ts';
import { counted } from '../../../src/core/counted.ts';
import { humanDuration } from '../human.ts';
import { escapeHtml, rangeBar, stackedBars } from './svg.ts';
import { cpuText, memText, ratioText } from './text.ts';

const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--faint:#6a737d;--line:#d0d7de;--ground:#fff;--good:#2da44e;--bad:#cf222e;--warn:#bf8700;--ours:#0969da;--outside:#8c959f}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9aa4af;--line:#30363d;--ground:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--ours:#58a6ff;--outside:#6e7681}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:1100px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}small,.faint{color:var(--faint)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:11rem}
figure{margin:1rem 0}svg{width:100%;height:auto}svg.range{display:block;width:96px;height:12px;margin-left:auto}
text{font-size:11px;fill:var(--faint)}.end{text-anchor:end}.axis{stroke:var(--faint);fill:none}
.good{fill:var(--good);background:var(--good)}.bad{fill:var(--bad);background:var(--bad)}.warn{fill:var(--warn);background:var(--warn)}
.ours{fill:var(--ours);background:var(--ours)}.outside{fill:var(--outside);background:var(--outside)}
.key{display:inline-block;width:.7em;height:.7em;margin-left:.7em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--faint)}dd{margin:0}`;

export function historyHtml(view: HistoryView): string {
  const title = `babysit history, ${date(view.since)} to ${date(view.until)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${escapeHtml(title)}</h1>
${sums(view)}
<h2>Over time</h2>
${charts(view)}
<h2>Estimates, by ${view.by}</h2>
<p class="faint">Estimate / use of completed tasks, from the p50 to the p90, on an axis from 0.1 to 100. The line is 1, an estimate that fits.</p>
${groupTable(view)}
${killTable(view)}
</main></body></html>
`;
}

function sums(view: HistoryView): string {
  const { wait_ms: wait, idle } = view;
  const rows: [string, string][] = [
    [
      'tasks',
      `${view.tasks} ended: ${view.completed} completed, ${view.failed} failed, ${view.killed} killed, ${view.interrupted} interrupted`,
    ],
    ['ran', `${humanDuration(view.ran_ms)} with ${cpuText(view.cpu_seconds)}`],
    [
      'waited',
      `${humanDuration(view.waited_ms)} in all${wait === null ? '' : `; p50 ${humanDuration(wait.p50)}, p90 ${humanDuration(wait.p90)}`}`,
    ],
    ['lost to kills', `${humanDuration(view.lost_ms)} with ${cpuText(view.lost_cpu_seconds)}`],
    ['reserved and not used', `${cpuText(view.unused_core_s)}, ${memText(view.unused_mem_byte_s)}`],
  ];
  if (idle !== null) {
    rows.push(['unused room', `${idle.free_mem_pct} % of the memory, ${idle.free_cpu_pct} % of the cores`]);
    if (idle.free_mem_pct_waiting !== null)
      rows.push([
        'unused while tasks waited',
        `${idle.free_mem_pct_waiting} % of the memory, ${idle.free_cpu_pct_waiting} % of the cores, in ${humanDuration(idle.waiting_ms)}`,
      ]);
  }
  return `<dl>${rows.map(([key, text]) => `<dt>${escapeHtml(key)}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>`;
}

function charts({ spans }: HistoryView): string {
  const labels = spans.map(({ at }) => date(new Date(at).toISOString()));
  const hasHost = spans.some(({ mem_ours_pct }) => mem_ours_pct !== null);
  const percent = { unit: ' %', most: 100 };
  return [
    stackedBars(
      'Tasks that ended',
      [
        { name: 'completed', style: 'good', values: spans.map((span) => span.completed) },
        { name: 'failed', style: 'warn', values: spans.map((span) => span.failed) },
        { name: 'killed', style: 'bad', values: spans.map((span) => span.killed) },
      ],
      labels,
    ),
    stackedBars(
      'Mean wait',
      [{ name: 'wait', style: 'ours', values: spans.map(({ wait_ms }) => wait_ms && wait_ms / 1000) }],
      labels,
      { unit: ' s' },
    ),
    ...(hasHost
      ? [
          stackedBars(
            'Memory of the host',
            [
              { name: 'tasks', style: 'ours', values: spans.map((span) => span.mem_ours_pct) },
              { name: 'outside', style: 'outside', values: spans.map((span) => span.mem_outside_pct) },
            ],
            labels,
            percent,
          ),
          stackedBars(
            'Cores of the host',
            [
              { name: 'tasks', style: 'ours', values: spans.map((span) => span.cpu_ours_pct) },
              { name: 'outside', style: 'outside', values: spans.map((span) => span.cpu_outside_pct) },
            ],
            labels,
            percent,
          ),
        ]
      : []),
  ].join('\n');
}

function groupTable({ by, groups, left_out }: HistoryView): string {
  const head = [by, 'tasks', 'ok', 'killed', 'ran', 'wait p50', 'wait p90', 'time', 'memory', 'cpu', 'lost'];
  const more = left_out === 0 ? '' : `<p class="faint">${left_out} more</p>`;
  return table(head, groups.map(groupRow)) + more;
}

function groupRow(group: HistoryGroup): string[] {
  const { key, tasks, completed, killed, interrupted, wait_ms: wait } = group;
  return [
    escapeHtml(key),
    String(tasks),
    `${Math.round((100 * completed) / tasks)} %`,
    String(killed + interrupted),
    escapeHtml(humanDuration(group.ran_ms)),
    wait === null ? '' : escapeHtml(humanDuration(wait.p50)),
    wait === null ? '' : escapeHtml(humanDuration(wait.p90)),
    ...[group.time_ratio, group.mem_ratio, group.cpu_ratio].map(ratioCell),
    group.lost_ms === 0 ? '' : escapeHtml(humanDuration(group.lost_ms)),
  ];
}

function ratioCell(ratio: Quantiles): string {
  if (ratio === null) return '';
  const said = `${ratioText(ratio)} (${counted(ratio.n, 'run')})`;
  return `${escapeHtml(ratioText(ratio))}${rangeBar(ratio.p50, ratio.p90, said)}`;
}

function killTable({ kills }: HistoryView): string {
  if (kills.length === 0) return '';
  const rows = kills.map(({ reason, attempts, lost_ms, lost_cpu_seconds }) => [
    escapeHtml(reason),
    String(attempts),
    escapeHtml(humanDuration(lost_ms)),
    escapeHtml(humanDuration(1000 * lost_cpu_seconds)),
  ]);
  return `<h2>Work lost to kills</h2>${table(['reason', 'attempts', 'running time', 'CPU time'], rows)}`;
}

/** The cells are HTML. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const header = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<div class="wide" tabindex="0"><table><thead><tr>${header}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

/** Local time, to the minute. */
function date(iso: string): string {
  const at = new Date(iso);
  return `${at.toLocaleDateString('sv-SE')} ${at.toTimeString().slice(0, 5)}`;
}
