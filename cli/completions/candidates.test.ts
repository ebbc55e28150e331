// What is proposed for a command line, with the real table of commands and a daemon that knows a few names.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { COMMANDS, resolveCommand } from '../commands.ts';
import { candidates, type LiveValues } from './candidates.ts';
import { liveValues } from './live-values.ts';

const known = (...texts: readonly string[]) => Promise.resolve(texts.map((text) => ({ text, help: '' })));
const LIVE: LiveValues = {
  tasks: (statuses) => known('train', ...(statuses.includes('pending') ? ['queued'] : [])),
  owners: () => known('ci', 'anna'),
  tags: () => known('ml', 'batch-1'),
  settings: () => known('watchdog.dry_run', 'watchdog.kill_grace'),
  valuesOf: (setting) => (setting === 'watchdog.dry_run' ? known('true', 'false') : known()),
};
const commands = { entries: COMMANDS, resolve: resolveCommand };

async function proposed(line: string, live = LIVE): Promise<string[]> {
  return (await candidates(commands, line.split(' '), live)).map(({ text }) => text);
}

const ROWS: readonly (readonly [string, readonly string[]])[] = [
  ['wai', ['wait', 'wait-for-capacity']],
  ['nothing ', []],
  ['help paus', ['pause']],
  ['kill ', ['train', 'queued']],
  ['kill train ', ['queued']],
  ['pause ', ['train']],
  ['kill --name=', ['--name=train', '--name=queued']],
  ['run --name=', []],
  ['run --after ', ['train', 'queued']],
  ['list --status ru', ['running']],
  ['list --status=failed,ki', ['--status=failed,killed']],
  ['list --status=failed,fa', []],
  ['list --owner ', ['ci', 'anna']],
  ['list --tag=b', ['--tag=batch-1']],
  ['list --format ', ['json', 'table', 'csv']],
  ['ls --colu', ['--columns']],
  ['kill --si', ['--signal']],
  ['kill --signal SIGI', ['SIGINT']],
  ['run --kill_t', ['--kill_timeout']],
  ['run --kill-t', ['--kill-timeout']],
  ['run --force -- ', []],
  ['config ', ['show', 'get', 'set', 'unset']],
  ['config set watchdog.k', ['watchdog.kill_grace']],
  ['config set watchdog.dry_run ', ['true', 'false']],
  ['completions ', ['bash', 'zsh', 'fish']],
  ['shim install ', []],
];

for (const [line, expected] of ROWS)
  it(`babysit ${line}`, async () => assert.deepEqual(await proposed(line), expected));

it('every command and each of its flags is proposed', async () => {
  assert.deepEqual(await proposed(''), Object.keys(COMMANDS));
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const { command } = await load();
    const flags = await proposed(`${name} --`);
    for (const flag of Object.keys(command.flags))
      assert.ok(flags.includes(`--${flag}`), `${name} --${flag}`);
  }
});

it('without a daemon there are no names, and no error', async () => {
  assert.deepEqual(await proposed('kill ', liveValues('/nonexistent/daemon.sock')), []);
});

it('a daemon that does not answer delays a proposal by its deadline', async (t) => {
  const socket = join(tempDir(t), 'daemon.sock');
  const connections: Socket[] = [];
  const server = createServer((connection) => connections.push(connection)).listen(socket);
  t.after(() => {
    server.close();
    for (const connection of connections) connection.destroy();
  });
  await once(server, 'listening');
  assert.deepEqual(await proposed('kill ', liveValues(socket)), []);
  assert.equal(connections.length, 1);
});
