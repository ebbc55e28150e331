import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notifyTargets } from './notify-targets.ts';

const parse = (value: unknown) => notifyTargets().safeParse(value);

describe('notify.targets', () => {
  it('fills in the name, the events and the filters', () => {
    const expected = {
      name: 'command',
      on: ['ended'],
      owner: null,
      project: null,
      tag: null,
      statuses: null,
      action: { kind: 'command', line: 'true' },
    };
    for (const value of [[{ command: 'true' }], '[{"command":"true"}]'])
      assert.deepEqual(parse(value).data, [expected]);
    assert.deepEqual(parse([]).data, []);
  });

  it('takes the session of an agent', () => {
    const [codex, opencode] =
      parse([
        { codex: 'unix:///run/codex.sock', session: 'thr_1' },
        { opencode: 'http://127.0.0.1:4096', secret_file: '/p' },
      ]).data ?? [];
    assert.deepEqual(codex?.action, {
      kind: 'codex',
      endpoint: 'unix:///run/codex.sock',
      session: 'thr_1',
      secretFile: null,
    });
    assert.deepEqual(opencode?.action, {
      kind: 'opencode',
      url: 'http://127.0.0.1:4096',
      session: null,
      secretFile: '/p',
    });
  });

  const MISTAKES: readonly (readonly [value: unknown, message: RegExp])[] = [
    [[{}], /target 1: needs exactly one of command, webhook, desktop, bell, codex and opencode/],
    [[{ command: 'a' }, { command: 'a', desktop: true, name: 'b' }], /target 2: needs exactly one/],
    [[{ command: 'a' }, { command: 'b' }], /two targets have the name "command"/],
    [[{ webhook: 'ftp://host/' }], /target 1, webhook: Invalid URL/],
    [[{ command: 'a', secret_file: '/x' }], /secret_file belongs to webhook, codex and opencode/],
    [[{ webhook: 'http://host/', session: 's' }], /session belongs to codex and opencode/],
    [[{ codex: 'ws://example.com:1' }], /target 1, codex: must be unix:\/\/\/path or ws:/],
    [[{ command: 'a', on: ['begin'] }], /target 1, on, 0: Invalid option: expected one of "ended"/],
    [[{ command: 'a', onn: ['ended'] }], /target 1: Unrecognized key: "onn"/],
    ['not json', /^Invalid input: expected array/],
  ];
  for (const [value, message] of MISTAKES)
    it(`refuses ${JSON.stringify(value)}`, () =>
      assert.match(parse(value).error?.issues[0]?.message ?? '', message));
});
