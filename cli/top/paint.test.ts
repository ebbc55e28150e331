// The codes of a row: few of them, and none that a text of a task could bring in.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { painted } from './paint.ts';
import { span } from './spans.ts';

const ROW = { spans: [span('a', 'good'), span('b', 'good'), span(' '), span('c', 'bad'), span('   ')] };

it('neighbors of one tone share a code, and blanks at the end are left out', () => {
  assert.equal(painted(ROW, true), '\x1b[0;32mab \x1b[0;1;31mc\x1b[0m\x1b[K');
  assert.equal(painted({ spans: [span('plain  ')] }, true), 'plain\x1b[K');
  assert.equal(painted({ spans: [span('full')] }, true), 'full');
});

it('NO_COLOR leaves bold and the selection', () => {
  assert.equal(painted(ROW, false), 'ab \x1b[0;1mc\x1b[0m\x1b[K');
  assert.equal(
    painted({ spans: [span('a', 'good'), span('  ')], isSelected: true }, false),
    '\x1b[0;7ma  \x1b[0m',
  );
});

it('a code in a text is removed before', () =>
  assert.equal(painted({ spans: [span('\x1b[31mx')] }, true), 'x'));
