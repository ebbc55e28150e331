import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BabysitError } from '../../src/core/errors.ts';
import { COMMON_FLAGS } from '../command.ts';
import { COMMANDS, meantCalls, resolveCommand } from '../commands.ts';
import { parseArgv } from './argv.ts';
import { CALLS_ELSEWHERE } from './elsewhere.ts';

async function specsOf(verb: string) {
  const entry = COMMANDS[resolveCommand(verb) ?? ''];
  assert.ok(entry, verb);
  return { ...COMMON_FLAGS, ...(await entry.load()).command.flags };
}

describe('the commands of other tools', () => {
  for (const [word, calls] of [
    ['add', ['run']],
    ['SUBMIT', ['run']],
    ['srun', ['exec']],
    ['ps', ['list']],
    ['squeue', ['list']],
    ['stats', ['status']],
    ['info', ['status']],
    ['tail', ['log']],
    ['follow', ['log --follow']],
    ['scancel', ['kill']],
    ['rm', ['kill', 'clean']],
    ['restart', ['retry', 'daemon-restart']],
    ['xyzzy', []],
  ] as const)
    it(`${word} means ${calls.join(' or ') || 'nothing here'}`, () =>
      assert.deepEqual(meantCalls(word), calls));

  it('each call is one that its command accepts', async () => {
    for (const call of Object.keys(CALLS_ELSEWHERE)) {
      const [verb = '', ...words] = call.split(' ');
      parseArgv(await specsOf(verb), words);
    }
  });

  it('no word is itself a command', () => {
    const words = Object.values(CALLS_ELSEWHERE).flatMap((line) => line.split(' '));
    assert.deepEqual(
      words.filter((word) => resolveCommand(word) !== null),
      [],
    );
  });
});

describe('the flags of other tools', () => {
  for (const [line, hint] of [
    ['run -m 2G', '--estimated_mem_bytes'],
    ['run --mem=2G', '--estimated_mem_bytes'],
    ['run -t 5m', '--estimated_time or --kill_timeout'],
    ['run --time=10:00', '--estimated_time or --kill_timeout'],
    ['run -c 2', '--estimated_cpu_cores'],
    ['run --cpus-per-task=2', '--estimated_cpu_cores'],
    ['run -J x', '--name'],
    ['run -n x', '--name'],
    ['run --chdir=/', '--cwd'],
    ['run -d x', '--after'],
    ['run --setenv=A=1', '--env'],
    ['run --user=x', '--owner'],
    ['run --follow', '--wait'],
    ['exec -m 2G', '--estimated_mem_bytes'],
    ['adjust x --mem=1G', '--estimated_mem_bytes'],
    ['wait-for-capacity --mem=1G', '--mem_bytes'],
    ['wait -t 5', '--timeout'],
    ['kill -9 x', '--signal=SIGKILL'],
    ['kill -KILL x', '--signal=SIGKILL'],
    ['kill -INT x', '--signal=INT'],
    ['kill -15 x', '--signal=15'],
    ['kill -f x', '--force'],
    ['log -20 x', '--tail=20'],
    ['log --lines=20 x', '--tail'],
    ['list --running', '--status=running'],
    ['list -n 5', '--limit'],
    ['list -u me', '--owner'],
    ['status -f', '--watch'],
    ['hold -t 5m', '--for'],
  ] as const)
    it(`${line}: ${hint}`, async () => {
      const [verb = '', ...words] = line.split(' ');
      const specs = await specsOf(verb);
      assert.throws(
        () => parseArgv(specs, words),
        (error: unknown) => error instanceof BabysitError && error.hint === `Did you mean ${hint}?`,
      );
      for (const offered of hint.split(' or ')) {
        const flag = offered.includes('=') ? offered : `${offered}=1`;
        assert.doesNotThrow(() => parseArgv(specs, [flag]), offered);
      }
    });

  it('a number stays a word where no flag of other tools has that form', async () =>
    assert.deepEqual(parseArgv(await specsOf('send'), ['x', '-9']).positionals, ['x', '-9']));
});
