// The words after a verb, from its usage line.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nextWords } from './usage-words.ts';

const CONFIG = 'config [show [KEY...] | get KEY | set KEY VALUE | unset KEY]';

const ROWS: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
  ['pause (NAME... | --tag=TAG)', [], [], ['NAME']],
  ['pause (NAME... | --tag=TAG)', ['a', 'b'], [], ['NAME']],
  ['log (NAME... | --tag=TAG) [--tail N | --full] [--grep RE [--count]] [flags]', ['a'], [], ['NAME']],
  ['run [flags] --command LINE | run [flags] LINE', [], [], ['LINE']],
  ['attach NAME [--no_stdin] [--tie]', ['a'], [], []],
  ['kill (NAME... | --tag=TAG) [--force | --signal SIGNAL] [--no_wait]', [], [], ['NAME']],
  ['hooks install|uninstall|status [--scope=user|project]', [], ['install', 'uninstall', 'status'], []],
  [
    'shim install NAME... | shim uninstall [NAME...] | shim status',
    [],
    ['install', 'uninstall', 'status'],
    [],
  ],
  [CONFIG, [], ['show', 'get', 'set', 'unset'], []],
  [CONFIG, ['set'], [], ['KEY']],
  [CONFIG, ['set', 'driver'], [], ['VALUE']],
  [CONFIG, ['get', 'driver'], [], []],
  ['profile [normal|day|night]', [], ['normal', 'day', 'night'], []],
  ['list [--all] [--status=running,pending] [--since=2h]', [], [], []],
  ['ping', [], [], []],
];

for (const [usage, typed, literals, placeholders] of ROWS)
  it(`${usage}, after "${typed.join(' ')}"`, () =>
    assert.deepEqual(nextWords(usage, typed), { literals, placeholders }));
