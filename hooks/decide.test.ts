// Blocked commands with their advice, and passed commands: tables of real ones, and properties of generated ones.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'unbash';
import { shellQuote } from '../src/text/shell.ts';
import { BLOCKED, PASSED } from '../test/hooks/cases.ts';
import { decide } from './decide.ts';

const kinds = (cases: typeof PASSED) => [...Map.groupBy(cases, ({ kind }) => kind)];

it('has at least 400 cases, each once', () => {
  const commands = [...BLOCKED, ...PASSED].map(({ command }) => command);
  assert.ok(commands.length >= 400);
  assert.equal(new Set(commands).size, commands.length);
});

for (const [kind, cases] of kinds(BLOCKED))
  it(`blocked: ${kind}`, () => {
    for (const { command, advice } of cases) assert.equal(decide(command)?.command, advice, command);
  });

for (const [kind, cases] of kinds(PASSED))
  it(`passed: ${kind}`, () => {
    for (const { command } of cases) assert.equal(decide(command), null, command);
  });

const blocked = fc.constantFrom(...BLOCKED.map(({ command }) => command));
const passed = fc.constantFrom(
  ...PASSED.filter(({ kind }) => kind !== 'not understood').map(({ command }) => command),
);
/** Ways to run a command without a change to its effect. A line break ends a comment or a heredoc. */
const wrapping = fc.constantFrom<(command: string) => string>(
  (command) => `(${command}\n)`,
  (command) => `{ ${command}\n}`,
  (command) => `cd /repo && { ${command}\n}`,
  (command) => `if true; then ${command}\nfi`,
  (command) => `case x in x) ${command}\n;; esac`,
  (command) => `f() { ${command}\n}; f`,
  (command) => `bash -c ${shellQuote(command)}`,
  (command) => `timeout 600 sh -c ${shellQuote(command)}`,
  (command) => `eval ${shellQuote(command)}`,
  (command) => `CODE=${shellQuote(command)}\neval "$CODE"`,
  (command) => `echo "$( ${command}\n)"`,
  (command) => `{ ${command}\n} 2>&1 | tail -3`,
);
const wrappings = fc.array(wrapping, { maxLength: 3 });
const wrap = (command: string, ways: readonly ((command: string) => string)[]) =>
  ways.reduce((inner, way) => way(inner), command);

describe('decide', () => {
  it('blocks a poll in any wrapping', () => {
    fc.assert(fc.property(blocked, wrappings, (command, ways) => decide(wrap(command, ways)) !== null));
  });

  it('passes other commands in any wrapping', () => {
    fc.assert(fc.property(passed, wrappings, (command, ways) => decide(wrap(command, ways)) === null));
  });

  it('blocks a loop around any poll', () => {
    fc.assert(fc.property(blocked, (command) => decide(`for i in 1 2 3; do ${command}\ndone`) !== null));
  });

  it('gives advice that is valid and does not poll, in any wrapping', () => {
    fc.assert(
      fc.property(blocked, wrappings, (command, ways) => {
        const advice = decide(wrap(command, ways))?.command ?? '';
        return (parse(advice).errors ?? []).length === 0 && decide(advice) === null;
      }),
    );
  });

  it('passes a poll that is only text: quoted, in a heredoc, in a comment', () => {
    const text = fc.oneof(
      blocked,
      fc.string(),
      fc.tuple(fc.string(), blocked).map((parts) => parts.join(' ')),
    );
    const quoting = fc.constantFrom<(text: string) => string>(
      (note) => `git commit -m ${shellQuote(note)}`,
      (note) => `echo ${shellQuote(note)} >> notes.md`,
      (note) => `NOTE=${shellQuote(note)}; printf '%s' "$NOTE"`,
      (note) => `cat > notes.md <<'END_OF_NOTE'\n${note}\nEND_OF_NOTE`,
      (note) => `true # ${note.replaceAll('\n', ' ')}`,
      (note) => `babysit run --name=note -- echo ${shellQuote(note)}`,
    );
    fc.assert(fc.property(text, quoting, (note, put) => decide(put(note)) === null));
  });

  it('passes or advises on any text, and passes text that expands without end', () => {
    const scrap = fc.constantFrom(
      ...'babysit status sleep while do done $( ) { } & | ; << \\n \' " ` 5'.split(' '),
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(scrap, { maxLength: 30 }).map((scraps) => scraps.join(' ')),
    );
    fc.assert(
      fc.property(text, (command) => {
        const advice = decide(command);
        return advice === null || decide(advice.command) === null;
      }),
    );
    const doubling = Array.from({ length: 40 }, (_, i) => `A${i + 1}=$A${i}$A${i}`).join('; ');
    assert.equal(decide(`A0=babysit; ${doubling}; sleep 1; $A40`), null);
    const calling = Array.from({ length: 40 }, (_, i) => `f${i + 1}() { f${i}; f${i}; }`).join('; ');
    assert.equal(decide(`f0() { sleep 1; babysit list; }; ${calling}; f40`), null);
    const deep = 'bash -c '.repeat(200);
    assert.equal(decide(`${deep} babysit`), null);
    assert.equal(decide(`sleep 1; babysit list; ${'x'.repeat(2_000_000)}`), null);
  });
});
