// From typed flags to the JSON body, and the flags themselves.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArgv } from '../../cli/input/argv.ts';
import { BabysitError } from '../core/errors.ts';
import { bodyFromFlags, flagsOf } from './flags.ts';

const RUN = flagsOf('run');
const bodyOf = (...words: string[]) => bodyFromFlags('run', parseArgv(RUN, words).flags);

describe('bodyFromFlags', () => {
  const TABLE: [words: string[], body: object][] = [
    [[], {}],
    [['--estimated_time=10m', '--priority=+5'], { estimated_time: '10m', priority: '+5' }],
    [['--timeout=1h'], { kill_timeout: '1h' }],
    [['--queue', '--force=no'], { queue: true }],
    [['--journal=no'], { journal: false }],
    [['--context=null'], { context: null }],
    [['--context={"pr":7}'], { context: { pr: 7 } }],
    [['--env=A=1', '--env', 'B=x=y', '--env=A=2'], { env: { A: '2', B: 'x=y' } }],
    [['--tag=a,b', '--tag', 'c'], { tag: ['a,b', 'c'] }],
    [['--cwd=src'], { cwd: 'src' }],
  ];
  for (const [words, body] of TABLE)
    it(`reads ${JSON.stringify(words)}`, () => assert.deepEqual(bodyOf(...words), body));

  const MISTAKES: [flag: string, pattern: RegExp, named?: string][] = [
    ['--priority=high', /^--priority: .*Examples/],
    ['--context={', /^--context: invalid JSON: .*Example/],
    ['--env=A', /^--env: "A" is not KEY=VALUE/],
    ['--after=,', /^--after: the list is empty/],
    ['--driver=v2', /^--driver: "v2" is not one of auto, systemd/],
    ['--key=', /^--key: must be 1 to 256 characters long/],
    ['--timeout=0', /^--kill_timeout: .*Examples/, '--kill_timeout'],
  ];
  for (const [word, pattern, flag = word.slice(0, word.indexOf('='))] of MISTAKES)
    it(`refuses ${word} and names the flag`, () =>
      assert.throws(
        () => bodyOf(word),
        (error) => error instanceof BabysitError && pattern.test(error.message) && error.extra.flag === flag,
      ));

  it('refuses flags that exclude each other', () =>
    assert.throws(
      () => bodyOf('--after=a', '--force'),
      /^BabysitError: --after and --force exclude each other/,
    ));
});

it('a flag shows its default where the verb has one', () => {
  assert.equal(RUN.estimated_time.help, 'expected running time (default: 10m)');
  assert.equal(
    flagsOf('adjust').priority.help,
    'place in the queue, -100 to 100; a higher number starts first',
  );
  assert.ok(!('argv' in RUN));
});
