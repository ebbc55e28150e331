// The hook knows which flags of the reading commands take a value: checked against the commands.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { COMMANDS } from '../cli/commands.ts';
import { VALUED_FLAGS } from './calls.ts';

const QUERIES = ['status', 'list', 'log', 'wait', 'wait-for-capacity', 'inbox', 'ping', 'daemon-status'];

it('knows every flag that needs a value', async () => {
  const needed = new Set<string>();
  for (const name of QUERIES) {
    const { command } = (await COMMANDS[name]?.load()) ?? {};
    assert.ok(command, name);
    for (const [flag, { kind, aliases }] of Object.entries(command.flags))
      if (kind === 'text' || kind === 'list') for (const word of [flag, ...(aliases ?? [])]) needed.add(word);
  }
  for (const flag of ['timeout', 'status', 'grep']) assert.ok(needed.has(flag), flag);
  assert.deepEqual(
    // The value of --tail is recognized as a number, because `log` takes the flag without one.
    [...needed].filter((flag) => flag !== 'tail' && !VALUED_FLAGS.includes(flag)),
    [],
  );
});
