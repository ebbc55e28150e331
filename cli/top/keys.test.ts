// What each key does, also when keys arrive together.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFrame, aKilledView, aPendingView, aRunningView } from '../../test/support/build/build-frame.ts';
import { UNICODE } from './glyphs.ts';
import { textOf } from './input-line.ts';
import { type Key, type KeyName, pressed, typedKeys } from './keys.ts';
import { type Effect, firstState, type State, selectedTask, withNews } from './state.ts';

const FRAME = aFrame({
  running: [aRunningView('train'), aRunningView('build', { status: 'paused', priority: 3 })],
  pending: [aPendingView('third')],
  ended: [aKilledView('hog')],
});
const FIRST = withNews(firstState({ columns: 80, rows: 24 }, UNICODE), { kind: 'frame', frame: FRAME });

function press(keys: readonly (KeyName | { readonly typed: string })[], from = FIRST) {
  let state: State = from;
  const effects: Effect[] = [];
  for (const key of keys) {
    const each: Key[] = typeof key === 'string' ? [{ name: key } as Key] : typedKeys(key.typed);
    for (const one of each) {
      const step = pressed(state, one);
      state = step.state;
      effects.push(...step.effects);
    }
  }
  return { state, effects, selected: selectedTask(state)?.name };
}
const changes = (effects: readonly Effect[]) =>
  effects.map((effect) =>
    effect.kind === 'change' ? [effect.verb, effect.task.name, effect.body] : [effect.kind],
  );

describe('keys', () => {
  it('move the selection, which follows its task', () => {
    assert.equal(press([]).selected, 'train');
    assert.equal(press(['down']).selected, 'build');
    assert.equal(press([{ typed: 'jj' }]).selected, 'third');
    assert.equal(press(['end']).selected, 'hog');
    assert.equal(press(['end', 'up', 'up']).selected, 'build');
    assert.equal(press(['tab']).selected, 'third');
    assert.equal(press(['tab', 'tab', 'tab']).selected, 'train');
    const { state } = press(['down']);
    const later = withNews(state, {
      kind: 'frame',
      frame: { ...FRAME, running: FRAME.running.toReversed() },
    });
    assert.equal(selectedTask(later)?.name, 'build');
    const gone = withNews(state, { kind: 'frame', frame: aFrame({ running: [aRunningView('train')] }) });
    assert.equal(selectedTask(gone)?.name, 'train');
  });

  it('do nothing but quit on a screen that is too small to show what they do', () => {
    const small = (from: State) => withNews(from, { kind: 'resized', size: { columns: 59, rows: 24 } });
    const asked = press([{ typed: 'k' }]).state;
    const answered = press([{ typed: 'y' }, 'enter', 'escape'], small(asked));
    assert.deepEqual([answered.effects, answered.state.mode.kind], [[], 'confirm']);
    assert.deepEqual(press([{ typed: 'p+h' }], small(FIRST)).effects, []);
    for (const from of [FIRST, asked, press([{ typed: 'a' }]).state, press([{ typed: '/' }]).state])
      assert.deepEqual(changes(press([{ typed: 'q' }], small(from)).effects), [['quit']]);
  });

  it('end what the page of a task reads when they leave it', () => {
    const opened = press(['enter']).state;
    for (const key of ['?', '/', 'q']) {
      const { state, effects } = press([{ typed: key }], opened);
      assert.deepEqual([state.detail, changes(effects)], [null, [['close']]]);
    }
    assert.deepEqual(press([{ typed: '?' }]).effects, []);
  });

  it('k asks, and only a y of its own kills', () => {
    const asked = press([{ typed: 'k' }]);
    assert.equal(asked.state.mode.kind, 'confirm');
    assert.deepEqual(asked.effects, []);
    assert.deepEqual(changes(press([{ typed: 'k' }, { typed: 'y' }]).effects), [['kill', 'train', {}]]);
    assert.deepEqual(press([{ typed: 'k' }, { typed: 'n' }]).effects, []);
    assert.deepEqual(press([{ typed: 'k' }, 'enter']).effects, []);
    assert.deepEqual(press([{ typed: 'ky' }]).effects, []);
    const frame = aFrame({ running: [aRunningView('n'.repeat(128))] });
    const { mode } = press([{ typed: 'k' }], withNews(FIRST, { kind: 'frame', frame })).state;
    assert.equal(mode.kind === 'confirm' && mode.question, `Kill ${'n'.repeat(15)}…${'n'.repeat(14)}?`);
    assert.deepEqual(press([{ typed: 'k' }, { typed: 'yes' }]).effects, []);
  });

  it('p pauses a running task and resumes a paused one', () => {
    assert.deepEqual(changes(press([{ typed: 'p' }]).effects), [['pause', 'train', {}]]);
    assert.deepEqual(changes(press(['down', { typed: 'p' }]).effects), [['resume', 'build', {}]]);
    const pending = press(['tab', { typed: 'p' }]);
    assert.deepEqual([pending.effects, pending.state.message?.isError], [[], true]);
  });

  it('+ and - change the priority, and an ended task refuses every change', () => {
    assert.deepEqual(changes(press(['down', { typed: '+' }]).effects), [
      ['adjust', 'build', { priority: 4 }],
    ]);
    assert.deepEqual(changes(press(['down', { typed: '-' }]).effects), [
      ['adjust', 'build', { priority: 2 }],
    ]);
    for (const typed of ['k', 'p', '+', '-', 'a']) {
      const { state, effects } = press(['end', { typed }]);
      assert.deepEqual([effects, state.message?.text, state.mode.kind], [[], 'hog has ended', 'list']);
    }
  });

  it('a sends the values that were changed, and says what is wrong with one', () => {
    const line = press([{ typed: 'a' }]).state.mode;
    assert.ok(line.kind === 'adjust');
    assert.equal(textOf(line.line), 'mem=2G time=10m cores=2 kill_timeout=20m priority=0');
    const sent = press([{ typed: 'a' }, 'clear', { typed: 'mem=4G time=10m\r' }]);
    assert.deepEqual(changes(sent.effects), [['adjust', 'train', { estimated_mem_bytes: '4G' }]]);
    assert.deepEqual(press([{ typed: 'a\r' }]).effects, []);
    for (const typed of ['mem=x', 'memory=4G', 'mem', 'priority=1000']) {
      const wrong = press([{ typed: 'a' }, 'clear', { typed }, 'enter']);
      assert.deepEqual(
        [wrong.effects, wrong.state.message?.isError, wrong.state.mode.kind],
        [[], true, 'adjust'],
      );
    }
    assert.equal(press([{ typed: 'a' }, 'escape']).state.mode.kind, 'list');
  });

  it('a line is edited at its cursor', () => {
    const after = (...keys: Parameters<typeof press>[0]) => {
      const { mode } = press([{ typed: 'a' }, 'clear', { typed: 'mem=2G' }, ...keys]).state;
      return mode.kind === 'adjust' ? mode.line : assert.fail();
    };
    assert.deepEqual(after('left', { typed: '0' }), { before: 'mem=20', after: 'G' });
    assert.deepEqual(after('left', 'left', 'delete', { typed: '4' }), { before: 'mem=4', after: 'G' });
    assert.deepEqual(after('left', 'backspace', { typed: '8' }), { before: 'mem=8', after: 'G' });
    assert.deepEqual(after('home', 'left', 'backspace', 'right'), { before: 'm', after: 'em=2G' });
    assert.deepEqual(after('home', 'end', 'right', 'delete'), { before: 'mem=2G', after: '' });
    assert.deepEqual(after({ typed: '\x01\x06\x06\x02\x04\x05!' }), { before: 'mm=2G!', after: '' });
    assert.deepEqual(after('left', 'clear', { typed: 'x' }), { before: 'x', after: '' });
    assert.equal(press([{ typed: '/tain' }, 'home', 'right', { typed: 'r' }]).state.filter, 'train');
  });

  it('/ filters while it is typed; esc restores the old filter, or clears it', () => {
    const typed = press([{ typed: '/THI' }]);
    assert.deepEqual([typed.selected, typed.state.mode.kind], ['third', 'filter']);
    assert.equal(press([{ typed: '/thi\r' }]).state.mode.kind, 'list');
    assert.equal(press([{ typed: '/thi\r/x' }, 'escape']).state.filter, 'thi');
    assert.equal(press([{ typed: '/thi\r' }, 'escape']).state.filter, '');
    assert.equal(press([{ typed: '/thix' }, 'backspace']).state.filter, 'thi');
    assert.equal(press([{ typed: '/paused\r' }]).selected, 'build');
  });

  it('enter opens a task, whose events and output arrive, and esc closes it', () => {
    const { state, effects } = press(['enter']);
    const id = selectedTask(FIRST)?.id ?? '';
    assert.deepEqual([state.mode.kind, effects[0]?.kind], ['detail', 'open']);
    let live = withNews(state, { kind: 'output', id, text: 'one\ntwo\nthr' });
    assert.deepEqual([live.detail?.log, live.detail?.partial], [['one', 'two'], 'thr']);
    live = withNews(live, { kind: 'output', id: 'other', text: 'x\n' });
    live = withNews(live, { kind: 'output', id, text: 'ee\n' });
    assert.deepEqual(live.detail?.log, ['one', 'two', 'three']);
    const up = press(['up'], live).state;
    assert.equal(withNews(up, { kind: 'output', id, text: 'four\n' }).detail?.scroll, 2);
    assert.deepEqual(changes(press([{ typed: 'k' }, { typed: 'y' }], live).effects), [['kill', 'train', {}]]);
    const closed = press(['escape'], live);
    assert.deepEqual(
      [closed.state.mode.kind, closed.state.detail, closed.effects],
      ['list', null, [{ kind: 'close' }]],
    );
  });

  it('h asks and holds, and releases what is held', () => {
    assert.deepEqual(changes(press([{ typed: 'h' }, { typed: 'y' }]).effects), [['hold']]);
    assert.deepEqual(press([{ typed: 'h' }, { typed: 'n' }]).effects, []);
    const hold = { scope: 'all' } as unknown as NonNullable<typeof FRAME.hold>;
    const held = withNews(FIRST, { kind: 'frame', frame: { ...FRAME, hold } });
    assert.deepEqual(changes(press([{ typed: 'h' }], held).effects), [['release']]);
  });

  it('s sorts, ? helps, q quits, and ctrl-c quits from everywhere', () => {
    assert.equal(press([{ typed: 's' }]).state.sort, 'start');
    assert.equal(press([{ typed: 'ssssss' }]).state.sort, 'kill');
    assert.equal(press([{ typed: '?' }]).state.mode.kind, 'help');
    assert.equal(press([{ typed: '?' }, { typed: 'x' }]).state.mode.kind, 'list');
    assert.deepEqual(press([{ typed: 'q' }]).effects, [{ kind: 'quit' }]);
    for (const before of ['', 'k', 'a', '/', '?'])
      assert.deepEqual(press([{ typed: `${before}` }, { typed: '\x03' }]).effects, [{ kind: 'quit' }]);
    assert.deepEqual(press([{ typed: '\x1a' }]).effects, [{ kind: 'suspend' }]);
  });
});
