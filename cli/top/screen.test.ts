// The rows of the screen: every size is filled exactly, and they answer what a person asks first.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textWidth } from '../../src/text/width.ts';
import {
  AT_MS,
  aFrame,
  aHostPoint,
  aKilledView,
  aPendingView,
  aRunningView,
  aWholeView,
} from '../../test/support/build/build-frame.ts';
import { ASCII, type Glyphs, glyphsFor, UNICODE } from './glyphs.ts';
import { screen } from './screen.ts';
import { firstState, type Mode, type Size, type State, withNews } from './state.ts';

const SIZES: readonly Size[] = [
  { columns: 60, rows: 12 },
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 300, rows: 60 },
];

const BUSY = aFrame({
  running: [
    aRunningView('train', {
      last_line: '[42/100] loss=0.5',
      progress: {
        done: 42,
        total: 100,
        pct: 42,
        phase: null,
        failed: null,
        eta_s: 90,
        note: null,
        source: 'output',
      },
    }),
    aRunningView('leaky', { mem_bytes: 5.8 * 1024 ** 3 }),
    aRunningView('silent', { silent_ms: 280_000 }),
    aRunningView('日本語の名前-🚀-long-long-long-long-long'),
    aRunningView('stopped', { status: 'paused' }),
  ],
  pending: [
    aPendingView('third'),
    aPendingView('later', { dim: 'after', blocked_by: ['train'], position: null }),
  ],
  ended: [aKilledView('hog')],
  outside: [
    { name: 'chrome', processes: 8, mem_bytes: 3e9, cpu_cores: 1.2, belongs_to: 'agent session 7f2c' },
  ],
});

function shown(
  size: Size,
  glyphs: Glyphs = UNICODE,
  change: (state: State) => State = (state) => state,
): string[] {
  const state = change(withNews(firstState(size, glyphs), { kind: 'frame', frame: BUSY }));
  return screen(state).map(({ spans }) => spans.map(({ text }) => text).join(''));
}

describe('the screen', () => {
  for (const size of SIZES)
    for (const glyphs of [UNICODE, ASCII])
      it(`fills ${size.columns}x${size.rows} exactly${glyphs === ASCII ? ', in ASCII' : ''}`, () => {
        for (const kind of ['list', 'help'] as const) {
          const rows = shown(size, glyphs, (state) => ({ ...state, mode: { kind } }));
          assert.equal(rows.length, size.rows);
          for (const row of rows) assert.equal(textWidth(row), size.columns, row);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not pass
          assert.doesNotMatch(rows.join(''), /[\x00-\x1f\x7f-\x9f]/);
        }
        const plain = shown(size, ASCII)
          .join('')
          .replace(/[日本語の名前🚀]/gu, '');
        assert.match(plain, /^[\x20-\x7e]*$/);
      });

  it('says which task is killed next and why, and why the third one waits, at 80x24', () => {
    const rows = shown({ columns: 80, rows: 24 });
    const row = (name: string) => rows.find((line) => line.includes(` ${name} `)) ?? '';
    assert.match(row('train'), /42% +1m30s +1m\/10m .* 350M\/2G .* 1\.5 19m time/);
    assert.match(row('leaky'), / mem 97%/);
    assert.match(row('silent'), / 20s quiet/);
    assert.match(row('stopped'), / paused/);
    assert.match(row('third'), / 3 in 1m30s +in 10m +6G memory, 1G free; behind train/);
    assert.match(row('later'), /the end of train/);
    assert.match(row('hog'), /killed +elapsed_exceeded +30s ago/);
    assert.match(rows.join('\n'), /chrome +8 +2\.8G +1\.2 agent session 7f2c/);
    assert.match(rows.join('\n'), /MEM .* 4G .* 2G .* 2G of 16G/);
  });

  it('says why the daemon needs a person, and what to do', () => {
    const status = {
      ...BUSY.status,
      notices: [{ what: 'spawner', reason: 'the process that starts tasks ended', fix: 'Repair it.' }],
    };
    const frame = { ...BUSY, status };
    const rows = shown({ columns: 60, rows: 24 }, UNICODE, (state) =>
      withNews(state, { kind: 'frame', frame }),
    );
    assert.equal(rows[1]?.trimEnd(), 'Notice: the process that starts tasks ended. Repair it.');
  });

  it('shows the limit of silence of a task long before its end', () => {
    const silent = { kill_timeout_ms: 7_200_000, observability_interval_ms: 3_600_000, silent_ms: 60_000 };
    const frame = aFrame({ running: [aRunningView('silent', silent)] });
    const rows = shown({ columns: 80, rows: 24 }, UNICODE, (state) =>
      withNews(state, { kind: 'frame', frame }),
    );
    assert.match(rows.join('\n'), / 59m quiet/);
  });

  it('says how many tasks hold the room where their names do not fit', () => {
    const blocked_by = ['train-long', 'fetch', 'pack', 'report'];
    const frame = aFrame({ pending: [aPendingView('third', { blocked_by })] });
    const row = (columns: number) =>
      shown({ columns, rows: 24 }, UNICODE, (state) => withNews(state, { kind: 'frame', frame })).find(
        (line) => line.includes('third '),
      ) ?? '';
    assert.match(row(160), /behind train-long, fetch, pack, report/);
    assert.match(row(80), /1G free; behind train-long \+3/);
  });

  it('explains the selected task below the tables', () => {
    const about = (id: string) =>
      shown({ columns: 120, rows: 40 }, UNICODE, (state) => ({ ...state, selectedId: id }))
        .slice(-3)
        .join(' ');
    assert.match(
      about(aRunningView('train').id),
      /train is running, killed in 19m, at its kill timeout of 20m\. \[42\/100\] loss/,
    );
    assert.match(about(aRunningView('leaky').id), /at its memory cap of 6G: the kernel kills it/);
    assert.match(
      about(aPendingView('third').id),
      /third waits for 6G memory, 1G free; behind train, build\. Starts in 1m30s, at the latest in 10m/,
    );
    assert.match(about(aKilledView('hog').id), /hog killed: Raise --kill_timeout\./);
  });

  it('removes terminal controls from every text of a task', () => {
    const evil = '\x1b]0;title\x07\x1b[2Jx\x9b31m\u202egood\r\n';
    const frame = aFrame({
      running: [aRunningView('a', { name: evil, owner: evil, command: evil, last_line: evil })],
      pending: [aPendingView('b', { blocked_by: [evil] })],
      ended: [aKilledView('c', { kill_hint: evil })],
      outside: [{ name: evil, processes: 1, mem_bytes: 1, cpu_cores: 1, belongs_to: evil }],
    });
    const state = withNews(firstState({ columns: 300, rows: 40 }, UNICODE), { kind: 'frame', frame });
    const [task] = frame.running;
    assert.ok(task);
    const whole = aWholeView({ name: evil, owner: evil, command: { kind: 'shell', line: evil } });
    const detail = { task, whole, events: [], log: [evil, evil], partial: evil, scroll: 0 };
    for (const one of [state, { ...state, detail, mode: { kind: 'detail' } as const }]) {
      const text = screen(one)
        .flatMap(({ spans }) => spans.map((span) => span.text))
        .join('');
      assert.match(text, /good/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not pass
      assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f\u202e]/);
    }
  });

  it('draws a minute of history, oldest first', () => {
    let state = firstState({ columns: 80, rows: 24 }, ASCII);
    for (let second = 0; second < 90; second++) {
      const at = AT_MS + 1000 * second;
      const host = aHostPoint(at, { cpu_ours_cores: second < 80 ? 0 : 8, cpu_outside_cores: 0 });
      state = withNews(state, { kind: 'frame', frame: aFrame({ at, host }) });
    }
    assert.equal(state.history.length, 60);
    assert.equal(state.history[0]?.at, AT_MS + 30_000);
    const cpu =
      screen(state)[2]
        ?.spans.map(({ text }) => text)
        .join('') ?? '';
    assert.match(cpu, / _{16,17}#{3,4} /);
  });

  it('shows the cursor of a long line beside a long name', () => {
    const name = 'n'.repeat(128);
    const task = aRunningView(name);
    const lineOf = (mode: Mode) =>
      shown({ columns: 80, rows: 24 }, UNICODE, (state) => ({ ...state, mode })).at(-1);
    const line = { before: `mem=2G ${'time=10m '.repeat(20)}cores=`, after: '2' };
    const adjust = lineOf({ kind: 'adjust', task, line, from: 'list' }) ?? '';
    assert.match(adjust, /^adjust n{15}…n{14}: .*cores=\|2$/);
    assert.equal(adjust.length, 80);
    const ascii = shown({ columns: 80, rows: 24 }, ASCII, (state) => ({
      ...state,
      mode: { kind: 'adjust', task, line, from: 'list' },
    }));
    assert.match(ascii.at(-1) ?? '', /^adjust n{15}~n{14}: /);
  });

  it('explains its keys in 80 columns', () => {
    for (const kind of ['help', 'list'] as const) {
      const rows = shown({ columns: 80, rows: 24 }, UNICODE, (state) => ({ ...state, mode: { kind } }));
      assert.doesNotMatch((kind === 'help' ? rows : rows.slice(-1)).join('\n'), /…/);
    }
  });

  it('needs 60x12, and says so', () => {
    assert.match(shown({ columns: 50, rows: 10 }).join(' '), /needs 60x12, .* has 50x10; +q quits/);
  });

  it('uses ASCII where the locale or the console lacks the characters', () => {
    assert.equal(glyphsFor({ LANG: 'en_US.UTF-8' }), UNICODE);
    assert.equal(glyphsFor({ LANG: 'en_US.UTF-8', LC_ALL: 'C' }), ASCII);
    assert.equal(glyphsFor({ LANG: 'C.utf8', TERM: 'linux' }), ASCII);
    assert.equal(glyphsFor({}), ASCII);
  });
});
