// Which directory holds the state.
import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { homeDir, homePaths } from './home.ts';

describe('homeDir', () => {
  const TABLE: [Record<string, string>, string][] = [
    [{ BABYSIT_HOME: '/b', XDG_STATE_HOME: '/x', HOME: '/h' }, '/b'],
    [{ BABYSIT_HOME: '', XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/babysit'],
    [{ XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/babysit'],
    [{ XDG_STATE_HOME: '', HOME: '/h' }, '/h/.local/state/babysit'],
    [{}, resolve(homedir(), '.local/state/babysit')],
    [{ BABYSIT_HOME: 'relative' }, resolve('relative')],
  ];
  for (const [env, dir] of TABLE)
    it(`of ${JSON.stringify(env)} is ${dir}`, () => assert.equal(homeDir(env), dir));
});

it('everything of a home is inside it', () => {
  const { home, ...paths } = homePaths('/b');
  for (const path of Object.values(paths)) assert.ok(path.startsWith(`${home}/`), path);
});
