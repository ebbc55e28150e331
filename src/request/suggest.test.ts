// The suggested command asks for the same request: for every row of the table, through a shell, the argv parser and the reader.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { FLAGS, readRunFlags } from '../../cli/commands/task/run.ts';
import { parseArgv } from '../../cli/input/argv.ts';
import { readByShell } from '../../test/support/read-by-shell.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { FieldRow, FieldType } from './field-row.ts';
import { parseFields, parseRequest, rowsOf } from './parse.ts';
import type { Body, Caller, RunRequest } from './request.ts';
import { suggestedCommand } from './suggest.ts';

const base = tempDir({ after });
const DIRECTORIES = ["it's", '$HOME', 'a b', '-x', '"', 'ä\n'].map((name) => join(base, name));
for (const directory of DIRECTORIES) mkdirSync(directory);

const CALLER: Caller = { cwd: '/', env: { PATH: '/bin', TOKEN: 'hunter2' }, project: '/' };

/** Texts that a shell, a splitter of lists or a parser of flags could take for something else. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    "it's",
    '$HOME',
    '`id`',
    '"',
    '\\',
    '*',
    '~',
    '#x',
    '--queue',
    '-n',
    '--',
    'a\nb',
    '!',
    'a=b,c',
    ' ',
    '\t',
  ),
);
const noNul = (any: string) => !any.includes('\0');
const anyText = text.filter(noNul);
const item = anyText.filter((any) => any.trim() !== '' && !any.includes(','));
const lengthOf = ({ min = 0, max = 100 }: FieldRow) => ({ minLength: min, maxLength: Math.min(max, 5) });

const VALUES: { readonly [T in FieldType]: (row: FieldRow) => fc.Arbitrary<unknown> } = {
  duration: () =>
    fc.oneof(fc.integer({ min: 1, max: 10 ** 7 }), fc.constantFrom('90s', '1h30m', '1ms', '2d', '61001ms')),
  duration_or_off: () => fc.oneof(fc.nat({ max: 10 ** 7 }), fc.constantFrom('0', '0s', '5m', '1.5h')),
  size: () => fc.oneof(fc.integer({ min: 1, max: 2 ** 50 }), fc.constantFrom('4G', '1.5T', '512M', '1K')),
  cores: () => fc.double({ min: 0.01, max: 4096, noNaN: true }),
  percent: () => fc.oneof(fc.double({ min: 0.001, max: 100, noNaN: true }), fc.constantFrom('40%', 90)),
  whole: ({ min = 0, max = 1000 }) =>
    fc.integer({ min, max }).chain((n) => fc.constantFrom<unknown>(n, String(n))),
  text: (row) => anyText.filter((any) => any.length <= (row.max ?? 100)),
  name: () => fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,20}$/),
  unit: () => fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9:_.-]{0,20}$/),
  path: () => fc.constantFrom(...DIRECTORIES),
  regexp: () => fc.constantFrom('ready', '^listening on \\d+$', 'a|b'),
  line: () => anyText.filter((any) => any.trim() !== ''),
  argv: () => fc.array(anyText, { minLength: 1, maxLength: 5 }).filter(([first = '']) => first.trim() !== ''),
  list: (row) =>
    row.choices === undefined
      ? fc.array(item, lengthOf(row))
      : fc.array(fc.constantFrom(...row.choices), lengthOf(row)).map((items) => items.join(',')),
  choice: ({ choices = [] }) => fc.constantFrom(...choices),
  switch: () => fc.boolean(),
  json: () =>
    fc
      .json({ maxDepth: 3 })
      .map((json) => JSON.parse(json))
      .filter((value) => noNul(JSON.stringify(value))),
  env: () =>
    fc.dictionary(
      anyText.filter((any) => !any.includes('=')),
      fc.oneof(anyText, fc.constant('')),
      {
        maxKeys: 4,
        noNullPrototype: true,
      },
    ),
};

const ROWS = rowsOf('run');

/** Any set of fields, without those that exclude each other. */
const bodies: fc.Arbitrary<Body<'run'>> = fc
  .record(Object.fromEntries(ROWS.map(([name, row]) => [name, VALUES[row.type](row)])), { requiredKeys: [] })
  .map((any) => {
    const body: Record<string, unknown> = { ...any };
    for (const [name, { excludes = [] }] of ROWS)
      if (body[name] !== undefined && body[name] !== false) for (const other of excludes) delete body[other];
    return body.command === undefined && body.argv === undefined ? { ...body, command: 'make' } : body;
  });

function read(words: readonly string[]): RunRequest {
  const [program, verb, ...argv] = words;
  assert.deepEqual([program, verb], ['babysit', 'run']);
  return { ...parseFields('run', readRunFlags(parseArgv(FLAGS, argv))), caller: CALLER };
}

/** As the shell splits what `suggestedCommand` writes: words in single quotes or without any. */
function splitWords(line: string): string[] {
  const word = /(?:'[^']*'|\\'|[^'\s])+/g;
  return (line.match(word) ?? []).map((each) =>
    each.replace(/'([^']*)'|\\'/g, (quoted, inner) => (quoted === "\\'" ? "'" : inner)),
  );
}

describe('the suggested command', () => {
  const asksTheSame = (wordsOf: (line: string) => string[]) => (body: Body<'run'>) => {
    const request = parseRequest(body, CALLER);
    const line = suggestedCommand(request);
    assert.deepEqual(read(wordsOf(line)), { ...request, queue: true }, line);
  };

  it('parses to the same request and --queue, whatever fields were given', () => {
    fc.assert(fc.property(bodies, asksTheSame(splitWords)), { numRuns: 500 });
  });

  it('does so when a real shell reads it', () => {
    fc.assert(fc.property(bodies, asksTheSame(readByShell)), { numRuns: 50 });
  });

  for (const [name, row] of ROWS)
    it(`keeps ${name}`, () => {
      const rest = row.type === 'line' || row.type === 'argv' ? {} : { command: 'make' };
      fc.assert(
        fc.property(VALUES[row.type](row), (value) => asksTheSame(splitWords)({ ...rest, [name]: value })),
        { numRuns: 50 },
      );
    });

  it('shows nothing of the environment but what was given', () => {
    const line = suggestedCommand(parseRequest({ command: 'make', env: { A: '1' } }, CALLER));
    assert.equal(line, 'babysit run --queue --env=A=1 --command=make');
  });
});
