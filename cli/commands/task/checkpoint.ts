// babysit checkpoint: records the finished items of a batch for all attempts of the task. Needs no daemon.
import { readFileSync } from 'node:fs';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { isTaskName, NAME_RULE } from '../../../src/core/task.ts';
import { filledLines } from '../../../src/text/split.ts';
import { escapeLine } from '../../../src/text/terminal.ts';
import {
  addKeys,
  checkKey,
  doneKeys,
  forgetAll,
  forgetKeys,
  missingKeys,
} from '../../checkpoint-manifest.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { readChoice } from '../../input/choice.ts';
import { currentProject } from '../../input/project.ts';

const VERBS = ['add', 'has', 'list', 'clear'] as const;
type Verb = (typeof VERBS)[number];

const FLAGS = {
  missing: { kind: 'switch', help: 'has: print the missing keys, one a line' },
  all: { kind: 'switch', help: 'clear: remove every key' },
  checkpoint: {
    kind: 'text',
    value: 'NAME',
    help: 'the checkpoints that run --checkpoint=NAME of this project shares',
  },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'checkpoint add|has|list|clear [KEY... | - | --all] [--missing] [--checkpoint=NAME]',
  about: `Call it from the command of a task. It keeps the keys of finished items in $BABYSIT_CHECKPOINT_DIR, which all attempts share.
With --checkpoint=NAME it works outside of tasks too, on what tasks started with run --checkpoint=NAME share.
add KEY...    adds keys; they are on disk when it returns; processes may add at the same time
has KEY...    exits 0 when every key is there, 1 otherwise
list          prints the keys, one a line, in the order of their addition
clear KEY...  removes keys; clear --all removes every key
A single - reads the keys from standard input, one a line. A key is any text of one line.`,
  flags: FLAGS,
  examples: [
    'babysit checkpoint has "$item" || { work "$item" && babysit checkpoint add "$item"; }',
    'ls inputs | babysit checkpoint has --missing - | xargs -d "\\n" -n1 ./one-item.sh',
  ],
  run: checkpoint,
});

async function checkpoint(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const [word, ...words] = parsed.positionals;
  const verb = readChoice(word, VERBS, 'checkpoint');
  const { flags } = parsed;
  if (flags.missing && verb !== 'has')
    throw new BabysitError('usage', '--missing applies only to checkpoint has');
  if (flags.all && verb !== 'clear')
    throw new BabysitError('usage', '--all applies only to checkpoint clear');
  const dir = await checkpointDir(context, flags.checkpoint);
  switch (verb) {
    case 'add':
      addKeys(dir, readKeys(words, verb));
      return EXIT.ok;
    case 'has':
      return has(context, dir, readKeys(words, verb), flags.missing);
    case 'list':
      if (words.length > 0) throw new BabysitError('usage', 'checkpoint list takes no key');
      print(context, doneKeys(dir));
      return EXIT.ok;
    case 'clear':
      if (!flags.all) forgetKeys(dir, readKeys(words, verb));
      else if (words.length > 0) throw new BabysitError('usage', '--all and keys exclude each other');
      else forgetAll(dir);
      return EXIT.ok;
  }
}

function has(context: Context, dir: string, keys: readonly string[], showMissing: boolean): number {
  const missing = missingKeys(dir, keys);
  if (showMissing) print(context, missing);
  return missing.length === 0 ? EXIT.ok : EXIT.failed;
}

function print({ output }: Context, keys: Iterable<string>): void {
  const lines = [...keys].map((key) => `${output.terminal ? escapeLine(key) : key}\n`);
  if (lines.length > 0) output.data(lines.join(''));
}

async function checkpointDir({ env, session }: Context, name: string | undefined): Promise<string> {
  if (name !== undefined) {
    if (!isTaskName(name))
      throw new BabysitError('usage', `--checkpoint: "${name}" is not a valid name: ${NAME_RULE}`);
    // Only here: the module hashes, and loading that takes longer than a look into a manifest.
    const { sharedCheckpointDir } = await import('../../../src/config/checkpoint-dir.ts');
    return sharedCheckpointDir(session.home.dir, currentProject(), name);
  }
  const dir = env.BABYSIT_CHECKPOINT_DIR;
  if (dir) return dir;
  throw new BabysitError('usage', 'BABYSIT_CHECKPOINT_DIR is not set: checkpoint runs inside a task', {
    hint: 'Call it from a command that babysit run started, or add --checkpoint=NAME for what run --checkpoint=NAME shares.',
  });
}

/** Requires a key, but accepts an empty standard input (`-`): an empty list of items is done. */
function readKeys(words: readonly string[], verb: Verb): string[] {
  if (words.length === 0)
    throw new BabysitError('usage', `checkpoint ${verb} needs a key`, {
      hint: `Run babysit checkpoint ${verb} KEY..., or with - to read keys from standard input.`,
    });
  if (words.length > 1 || words[0] !== '-') return words.map(checkKey);
  return filledLines(readFileSync(0, 'utf8')).map(checkKey);
}
