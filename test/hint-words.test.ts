// Every command that a text of the sources names exists, with every flag that follows it.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { COMMON_FLAGS } from '../cli/command.ts';
import { COMMANDS } from '../cli/commands.ts';

const ROOT = join(import.meta.dirname, '..');
/** Words after `babysit` that make a sentence, not a command. */
const PROSE =
  /^(acts|again|and|as|by|can|cannot|command|counts|daemon|database|failed|has|in|itself|or|runs|samples|supports|task|use|was|when)$/;

interface Named {
  readonly file: string;
  readonly verb: string;
  readonly flags: readonly string[];
}

/** The commands in the string literals of a file; comments are prose. */
function namedIn(file: string): Named[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  return [...text.matchAll(/\bbabysit ([a-z][a-z_-]*)((?: +[^\s'"`]+)*)/g)].map(
    ([, verb = '', rest = '']) => ({
      file,
      verb,
      // Up to the end of the sentence, or of the command.
      flags: [
        ...(rest.split(/ -- |[.;:,)|&]( |$)|\\n| and | or | to | then /)[0] ?? '').matchAll(
          / --([a-z][a-z_-]*)/g,
        ),
      ].map(([, flag = '']) => flag),
    }),
  );
}

it('names only commands and flags that exist', async () => {
  const files = globSync(['src/**/*.ts', 'cli/**/*.ts', 'hooks/**/*.ts'], { cwd: ROOT });
  const named = files.filter((file) => !file.endsWith('.test.ts')).flatMap(namedIn);
  const verbs = new Map(
    Object.entries(COMMANDS).flatMap(([name, { aliases = [], load }]) =>
      [name, ...aliases].map((word) => [word, load] as const),
    ),
  );
  let checked = 0;
  const wrong: string[] = [];
  for (const { file, verb, flags } of named) {
    if (PROSE.test(verb)) continue;
    const load = verbs.get(verb.replaceAll('_', '-'));
    if (load === undefined) {
      wrong.push(`${file}: babysit ${verb}`);
      continue;
    }
    const { command } = await load();
    const known = Object.keys({ ...command.flags, ...COMMON_FLAGS });
    for (const flag of flags)
      if (!known.includes(flag.replaceAll('-', '_'))) wrong.push(`${file}: babysit ${verb} --${flag}`);
    checked += 1;
  }
  assert.deepEqual(wrong, []);
  assert.ok(checked > 100, `only ${checked} commands found`);
});
