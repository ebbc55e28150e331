// The plugin of opencode and Kilo, called as those call `tool.execute.before` (@opencode-ai/plugin 1.x).
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { tempDir } from '../test/support/temp-dir.ts';

interface Output {
  args: Record<string, unknown>;
}
type Before = (input: { tool: string; sessionID: string; callID: string }, output: Output) => Promise<void>;

async function load(dir: string): Promise<Before> {
  const plugins = join(dir, 'plugins');
  mkdirSync(plugins);
  const link = join(plugins, 'babysit.js');
  symlinkSync(join(import.meta.dirname, 'opencode.js'), link);
  const { Babysit } = await import(pathToFileURL(link).href);
  return (await Babysit({ directory: dir }))['tool.execute.before'];
}

describe('the plugin of opencode', () => {
  const call = { tool: 'bash', sessionID: 'ses_1', callID: 'call_1' };
  const argsOf = (command: string): Output => ({ args: { command, description: 'x' } });

  it('refuses a poll with the right command, and passes the rest unchanged', async (t) => {
    const dir = tempDir(t);
    const before = await load(dir);
    t.mock.method(process, 'cwd', () => dir);
    await assert.rejects(before(call, argsOf('sleep 5; babysit status build')), /babysit wait build/);
    const passed = argsOf('git status');
    await before(call, passed);
    assert.deepEqual(passed, argsOf('git status'));
    await before({ ...call, tool: 'edit' }, argsOf('sleep 5; babysit status build'));
  });

  it('changes a heavy command in the mode rewrite', async (t) => {
    const dir = tempDir(t);
    const before = await load(dir);
    mkdirSync(join(dir, '.babysit'));
    writeFileSync(join(dir, '.babysit', 'rules.json'), '{"mode":"rewrite"}');
    const output = argsOf('cargo build');
    await before(call, output);
    assert.deepEqual(output.args, { command: 'babysit exec -- cargo build', description: 'x' });
  });
});
