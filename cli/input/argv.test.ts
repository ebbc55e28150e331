// Command lines: every way to write a flag, and the error for every mistake.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BabysitError } from '../../src/core/errors.ts';
import { type FlagSpecs, parseArgv } from './argv.ts';

const SPECS = {
  estimated_time: { kind: 'text', value: 'DURATION', help: '' },
  kill_timeout: { kind: 'text', aliases: ['timeout'], help: '' },
  env: { kind: 'list', help: '' },
  tail: { kind: 'optional', short: 'n', help: '' },
  queue: { kind: 'switch', help: '' },
  follow: { kind: 'switch', short: 'f', help: '' },
  journal: { kind: 'tristate', help: '' },
} as const satisfies FlagSpecs;

const NONE = {
  estimated_time: undefined,
  kill_timeout: undefined,
  env: [],
  tail: undefined,
  queue: false,
  follow: false,
  journal: undefined,
};

describe('parseArgv', () => {
  for (const [words, flags, positionals = []] of [
    [[], {}],
    [['--estimated_time', '5m'], { estimated_time: '5m' }],
    [['--estimated-time=5m'], { estimated_time: '5m' }],
    [['--Estimated-Time=a=b'], { estimated_time: 'a=b' }],
    [['--estimated_time='], { estimated_time: '' }],
    [['--estimated_time', '-5'], { estimated_time: '-5' }],
    [['--timeout=1h'], { kill_timeout: '1h' }],
    [['--timeout=1h', '--kill_timeout=2h'], { kill_timeout: '2h' }],
    [['--env', 'A=1', '--env=B=2'], { env: ['A=1', 'B=2'] }],
    [['--tail'], { tail: true }],
    [['--tail', '20'], { tail: '20' }],
    [['--tail', 'build'], { tail: true }, ['build']],
    [['-n', '3', '-f'], { tail: '3', follow: true }],
    [['-n3'], { tail: '3' }],
    [['--queue', 'x'], { queue: true }, ['x']],
    [['--queue=false'], { queue: false }],
    [['--journal'], { journal: true }],
    [['--journal=no'], { journal: false }],
    [['x', '--queue', '-', '-7'], { queue: true }, ['x', '-', '-7']],
    [['x', '--', '--queue', '--'], {}, ['x', '--queue', '--']],
  ] as [string[], object, string[]?][]) {
    it(`reads ${JSON.stringify(words)}`, () => {
      const parsed = parseArgv(SPECS, words);
      assert.deepEqual(parsed.flags, { ...NONE, ...flags });
      assert.deepEqual(parsed.positionals, positionals);
      assert.equal(parsed.dashed, words.includes('--'));
    });
  }

  for (const [words, message, hint] of [
    [['--estimated-tme=5m'], /unknown flag --estimated-tme/, /--estimated_time\?/],
    [['--timout=5m'], /unknown flag --timout/, /--timeout\?/],
    [['--zzzzzzz'], /unknown flag --zzzzzzz/, /--help/],
    [['-x'], /unknown flag -x/, /./],
    [['-estimated_time=5m'], /unknown flag -estimated_time/, /--estimated_time\?/],
    [['--estimated_time'], /--estimated_time needs a value/, /--estimated_time=DURATION/],
    [['--estimated_time', '--queue'], /--estimated_time needs a value/, /=/],
    [['--estimated_time', '--'], /--estimated_time needs a value/, /=/],
    [['--queue=maybe'], /not true or false/, /./],
    [['--__proto__=1'], /unknown flag/, /./],
  ] as [string[], RegExp, RegExp][]) {
    it(`refuses ${JSON.stringify(words)}`, () => {
      assert.throws(
        () => parseArgv(SPECS, words),
        (error: unknown) =>
          error instanceof BabysitError &&
          error.code === 'usage' &&
          message.test(error.message) &&
          hint.test(error.hint),
      );
    });
  }

  it('reads back any flags and words, in every spelling', () => {
    const value = fc.string().filter((text) => !text.startsWith('-'));
    const spelled = (name: string) => fc.constantFrom(name, name.replaceAll('_', '-'));
    const word = fc.string().filter((text) => !text.startsWith('-'));
    const given = fc.record({
      time: value,
      envs: fc.array(value),
      queue: fc.boolean(),
      words: fc.array(word),
      rest: fc.array(fc.string()),
    });
    fc.assert(
      fc.property(
        given,
        spelled('estimated_time'),
        fc.boolean(),
        ({ time, envs, queue, words, rest }, flag, attached) => {
          const argv = [
            ...words,
            ...(attached ? [`--${flag}=${time}`] : [`--${flag}`, time]),
            ...envs.map((env) => `--env=${env}`),
            `--queue=${queue}`,
            '--',
            ...rest,
          ];
          const parsed = parseArgv(SPECS, argv);
          assert.deepEqual(parsed.flags, { ...NONE, estimated_time: time, env: envs, queue });
          assert.deepEqual(parsed.positionals, [...words, ...rest]);
        },
      ),
    );
  });
});
