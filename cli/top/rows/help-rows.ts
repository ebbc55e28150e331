// The help page of the screen: keys, and what the bars mean.
import { BLANK, type Row, row, span } from '../spans.ts';
import type { State } from '../state.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['up, down, j', 'select a task; page up, page down, home and end too'],
  ['tab', 'go to the next table'],
  ['enter', 'show one task: its numbers, events, hint and output'],
  ['/', 'filter by name, owner, project, command, tag or status'],
  ['esc', 'clear the filter; leave a page'],
  ['s', 'sort running tasks by next kill, start, memory, CPU, time or name'],
  ['p', 'pause or resume the task'],
  ['k', 'kill the task; asks first'],
  ['+ -', 'raise or lower its priority'],
  ['a', 'change its estimates and kill timeout; arrows move the cursor'],
  ['h', 'hold the queue, so that no task starts, or release it'],
  ['ctrl-z', 'return to the shell; fg continues'],
  ['q', 'quit; tasks keep running'],
];

export function helpRows({ glyphs }: State): Row[] {
  const { full, half, light, mark } = glyphs;
  return [
    row(span('Keys', 'title')),
    ...KEYS.map(([key, meaning]) => row(span(`  ${key.padEnd(13)}`, 'strong'), span(meaning))),
    BLANK,
    row(span('Marks', 'title')),
    row(
      span(`  ${full} `, 'good'),
      span('used by tasks   '),
      span(`${half} `, 'warn'),
      span('used by other programs   '),
      span(`${light} `, 'dim'),
      span('kept free'),
    ),
    row(
      span('  MEM          ', 'strong'),
      span(`use; ${mark} is the estimate, the end of the bar is the cap`),
    ),
    row(span('  KILL IN      ', 'strong'), span('the limit that ends the task first, if nothing changes')),
    row(
      span('  STALL        ', 'strong'),
      span('share of time in which programs waited for CPU, memory or IO'),
    ),
    BLANK,
    row(span('Any key returns.', 'dim')),
  ];
}
