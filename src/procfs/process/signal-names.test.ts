// Names of signals, also of those that Node does not know.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { signalName, signalNumber } from './signal-names.ts';

it('every signal of the system has a name that leads back to its number', () => {
  const known = execFileSync(
    'bash',
    ['-c', 'for n in {1..31} {34..64}; do kill -l $n >/dev/null && echo $n; done'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const numbers = known.trim().split('\n').map(Number);
  assert.ok(numbers.length > 20);
  for (const number of numbers) assert.equal(signalNumber(signalName(number)), number);
});

it('real-time signals count from the first one', () =>
  assert.deepEqual([34, 35, 64].map(signalName), ['SIGRTMIN', 'SIGRTMIN+1', 'SIGRTMIN+30']));

it('other numbers and names have no counterpart', () => {
  assert.deepEqual([0, 32, 65, 127].map(signalName), [null, null, null, null]);
  assert.deepEqual([null, '', 'TERM', 'SIGRT'].map(signalNumber), [null, null, null, null]);
});
