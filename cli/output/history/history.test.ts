// The history on a terminal and as a page: what they show, and that no text of a task becomes markup or a control.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { HistoryGroup, HistoryView } from '../../../src/api/schemas/observe/history-summary.ts';
import { historyHtml } from './html.ts';
import { escapeHtml } from './svg.ts';
import { historyText, plotOf } from './text.ts';

const AT = Date.parse('2026-11-28T12:00:00Z');
const UTF8 = { LANG: 'C.UTF-8' };

function aGroup(key: string): HistoryGroup {
  return {
    ...{ key, tasks: 4, completed: 3, failed: 0, killed: 1, interrupted: 0, ran_ms: 60_000, cpu_seconds: 50 },
    ...{
      wait_ms: { n: 4, p50: 1_000, p90: 90_000 },
      waited_ms: 100_000,
      lost_ms: 20_000,
      lost_cpu_seconds: 9,
    },
    ...{ time_ratio: { n: 3, p50: 2.04, p90: 12.4 }, mem_ratio: null, cpu_ratio: { n: 1, p50: 1, p90: 1 } },
    ...{ unused_mem_byte_s: 0, unused_core_s: 0 },
  };
}

function aHistory(key = 'npm test', reason = 'mem_exceeded'): HistoryView {
  const { key: _, ...sums } = aGroup(key);
  return {
    ...{
      since: new Date(AT).toISOString(),
      until: new Date(AT + 4_000_000).toISOString(),
      by: 'command',
      ...sums,
    },
    ...{ groups: [aGroup(key)], left_out: 2, span_ms: 1_000_000 },
    kills: [{ reason, attempts: 1, lost_ms: 20_000, lost_cpu_seconds: 9 }],
    spans: [0, 1, 2, 3].map((n) => ({
      ...{
        at: AT + n * 1_000_000,
        completed: n,
        failed: 0,
        killed: n === 3 ? 1 : 0,
        wait_ms: n === 0 ? null : 500 * n,
      },
      ...{ mem_ours_pct: 10 * n, mem_outside_pct: 20, cpu_ours_pct: 25, cpu_outside_pct: 25 },
    })),
    idle: {
      ...{ recorded_ms: 4_000_000, free_mem_pct: 40, free_cpu_pct: 50, waiting_ms: 1000 },
      ...{ free_mem_pct_waiting: 10, free_cpu_pct_waiting: 0 },
    },
  };
}

it('prints sums, plots, the groups with their estimates, and the losses', () => {
  const text = historyText(aHistory(), false, UTF8);
  assert.match(text, /^tasks +4 ended in the last 1h6m: 3 completed, 0 failed, 1 killed/m);
  assert.match(text, /^ended {5} ▃▅█ {2}at most 4 in 16m40s$/m);
  assert.match(text, /^unused +40 % of the memory and 50 % of the cores; while tasks waited 10 % and 0 %$/m);
  assert.match(text, /^npm test +4 +75% +1 +1m +1s +1m30s +2 to 12 +1 to 1 +20s$/m);
  assert.match(text, /^mem_exceeded +1 +20s +█{20}$/m);
  assert.match(historyText(aHistory(), false, { LANG: 'C' }), /^mem_exceeded +1 +20s +#{20}$/m);
  assert.equal(historyText({ ...aHistory(), tasks: 0 }, false, UTF8), 'no task ended in the last 1h6m\n');
});

it('plots one character a value, and nothing where there is nothing', () => {
  assert.equal(plotOf([0, 1, null, 8], true), ' ▂ █');
  assert.equal(plotOf([0, 50, 100], true, 100), ' ▅█');
  assert.equal(plotOf([0, null], true), '');
  assert.equal(plotOf([1, 8], false), ':@');
});

it('has no script, no address, and as many elements as without the texts of tasks, whatever those are', () => {
  const tagsOf = (html: string) => html.match(/<[^>]*>/g)?.map((tag) => tag.replace(/"[^"]*"/g, '""')) ?? [];
  const plain = historyHtml(aHistory());
  assert.doesNotMatch(plain, /<script|<link|<img|<iframe|https?:|\son\w+=|url\(|@import/i);
  assert.match(plain, /default-src 'none'/);
  const anyText = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><svg onload=x>',
      "'--><b>",
      '\x1b[31m\u202e&amp;',
      '</style>',
    ),
  );
  fc.assert(
    fc.property(anyText, anyText, (key, reason) => {
      assert.deepEqual(tagsOf(historyHtml(aHistory(key, reason))), tagsOf(plain));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      assert.doesNotMatch(historyText(aHistory(key, reason), false, UTF8), /[\x00-\x09\x0b-\x1f\x7f]/);
    }),
  );
  assert.equal(escapeHtml('<a b="c">\u202e&\'\0'), '&#60;a b=&#34;c&#34;&#62;&#8238;&#38;&#39;');
});
