// babysit --help, help, version.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../cli/commands.ts';
import { helpText } from '../../cli/help.ts';
import { NAME_FLAG } from '../../cli/input/refs.ts';
import { jsonLine, runCli } from '../support/cli.ts';

const NO_DAEMON = { env: { BABYSIT_NO_AUTOSTART: '1', BABYSIT_HOME: '/nonexistent' } };

describe('help', () => {
  it('prints the overview for no words, --help, -h and help', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await runCli(args, NO_DAEMON);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      for (const name of Object.keys(COMMANDS)) assert.ok(stdout.includes(`  ${name}`), name);
    }
  });

  it('prints that of a command for NAME --help and help NAME', async () => {
    for (const args of [
      ['daemon_start', '--help'],
      ['help', 'daemon-start'],
    ]) {
      const { code, stdout, stderr } = await runCli(args, NO_DAEMON);
      assert.deepEqual([code, stdout, stderr], [0, await helpText('daemon-start'), '']);
    }
    for (const name of ['exec', 'run']) {
      const { code, stdout } = await runCli([name, '--help'], NO_DAEMON);
      assert.deepEqual([code, stdout], [0, await helpText(name)]);
    }
  });

  for (const [name, entry] of Object.entries(COMMANDS)) {
    it(`${name} --help shows its flags and an example`, async () => {
      const text = await helpText(name);
      assert.match(text, new RegExp(`^babysit ${name}: `));
      assert.match(text, /\nExamples?:\n {2}babysit /);
      assert.match(text, /--json/);
    });

    it(`${name} --help has every flag in its usage line, or says that there are more`, async () => {
      const { usage, flags } = (await entry.load()).command;
      if (usage.includes('[flags]')) return;
      const missing = Object.keys(flags).filter((flag) => !new RegExp(`--${flag}\\b`).test(usage));
      // A name may also be written as a flag, for every command that takes one.
      assert.deepEqual(
        missing,
        missing.filter((flag) => flag in NAME_FLAG),
      );
    });
  }

  it('version prints the versions of babysit and Node', async () => {
    const { code, stdout } = await runCli(['--version'], NO_DAEMON);
    assert.equal(code, 0);
    assert.deepEqual(jsonLine(stdout), { version: '0.1.0', node: process.versions.node });
  });
});
