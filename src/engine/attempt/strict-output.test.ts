// When a strict task has last printed something new.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { StrictOutput } from './strict-output.ts';

it('a line counts when it is new, and nothing counts before the first', () => {
  const strict = new StrictOutput();
  const see = (text: string, wallMs: number) => strict.see({ text, isAfterGap: false }, wallMs);
  assert.equal(strict.see(null, 1), null);
  assert.equal(see('try 1 ...\n', 2), 2);
  assert.equal(see('try 2 ...\n', 3), 2);
  assert.equal(see('', 4), 2);
  assert.equal(see('done\n', 5), 5);
});

it('the rest of a line behind a gap does not belong to its beginning', () => {
  const strict = new StrictOutput();
  strict.see({ text: 'step\nhalf', isAfterGap: false }, 1);
  assert.equal(strict.see({ text: '\nstep\n', isAfterGap: true }, 2), 1);
});
