// Names for tasks that are submitted without one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Command, isTaskName, type TaskId } from '../../core/task.ts';
import { makeName } from './task-name.ts';

const AT = new Date(2026, 10, 21, 10, 41, 5);
const ID = '01M7YZHWNHW9DG98XWN6ZJ5QXR' as TaskId;
const never = () => false;
const shell = (line: string): Command => ({ kind: 'shell', line });

describe('makeName', () => {
  const TABLE: [Command, string][] = [
    [shell('cd x && make -j4'), 'make'],
    [shell('FOO=1 BAR=2 python train.py'), 'python'],
    [shell('/usr/bin/python3.12 -m pytest'), 'python3.12'],
    [shell('export A=1; ./run.sh | tee log'), 'run.sh'],
    [shell('timeout 10 make'), 'make'],
    [shell('nice -n 5 make'), 'make'],
    [shell('env A=1 make'), 'make'],
    [shell('"my tool" x'), 'my'],
    [shell('   '), 'task'],
    [shell('ünïcode'), 'ncode'],
    [shell('---'), 'task'],
    [{ kind: 'argv', argv: ['/opt/x/cargo', 'build'] }, 'cargo'],
    [{ kind: 'argv', argv: [''] }, 'task'],
  ];
  for (const [command, program] of TABLE)
    it(`of ${JSON.stringify(command.kind === 'shell' ? command.line : command.argv)} begins with ${program}`, () =>
      assert.equal(makeName(command, AT, ID, never), `${program}-1121-104105`));

  it('appends the end of the id when the name is taken', () => {
    const taken = new Set(['make-1121-104105']);
    assert.equal(
      makeName(shell('make'), AT, ID, (name) => taken.has(name)),
      'make-1121-104105-zj5qxr',
    );
  });

  it('of any command is a valid name', () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 300 }));
    const anyCommand = fc.oneof(
      anyText.map(shell),
      fc.array(anyText, { minLength: 1 }).map((argv): Command => ({ kind: 'argv', argv })),
    );
    fc.assert(fc.property(anyCommand, (command) => assert.ok(isTaskName(makeName(command, AT, ID, never)))));
  });
});
