// babysit config: shows every setting with its value and source, and changes settings in config.json.
import type { ConfigChangeView, ConfigView } from '../../../src/api/schemas/daemon.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { didYouMean, nearest } from '../../../src/text/nearest.ts';
import { escapeLine } from '../../../src/text/terminal.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { humanValue } from '../../output/human.ts';
import { alignedTable } from '../../output/table.ts';

const VERBS = ['show', 'get', 'set', 'unset'] as const;

type Setting = ConfigView['values'][number];

export const command = defineCommand({
  usage: 'config [show [KEY...] | get KEY | set KEY VALUE | unset KEY]',
  about: `A BABYSIT_* variable of the daemon overrides config.json in BABYSIT_HOME, which overrides the default.
show KEY...     prints the settings whose names begin with a KEY; without a KEY all of them
get KEY         prints the value alone
set KEY VALUE   checks the value and writes it to config.json; the daemon takes it over at once, or says that it needs a restart
unset KEY       removes the key from config.json: the default applies again`,
  flags: {},
  examples: [
    'babysit config show admission',
    'babysit config set admission.memory_reserve 8G',
    'babysit config get admission.memory_reserve',
  ],
  run(context, { positionals }) {
    const [verb, ...words] = positionals;
    if (verb === 'get') return get(context, words);
    if (verb === 'set') return set(context, words);
    if (verb === 'unset') return unset(context, words);
    return show(context, verb === 'show' ? words : positionals);
  },
});

async function show({ output, session, full }: Context, keys: readonly string[]): Promise<number> {
  const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
  for (const prefix of keys)
    if (!values.some(({ key }) => key.startsWith(prefix)))
      throw new BabysitError('usage', `"${prefix}" is not a verb of config, and no setting begins with it`, {
        hint: `The verbs are ${VERBS.join(', ')}. Run babysit config show for all settings.`,
      });
  const shown = values.filter(
    ({ key }) => keys.length === 0 || keys.some((prefix) => key.startsWith(prefix)),
  );
  if (output.json)
    output.data(
      shown
        .map(
          ({ help, values: type, ...row }) =>
            `${JSON.stringify(full ? { ...row, values: type, help } : row)}\n`,
        )
        .join(''),
    );
  else
    output.data(
      alignedTable(
        ['key', 'value', 'source', 'help'],
        shown.map(({ key, value, source, help }) => [
          key,
          typeof value === 'object' ? JSON.stringify(value) : humanValue(key, value),
          source,
          help,
        ]),
        output,
      ),
    );
  return EXIT.ok;
}

async function get(context: Context, words: readonly string[]): Promise<number> {
  const [key = '', ...more] = words;
  if (key === '' || more.length > 0) throw wrongWords('get KEY');
  const { value } = await find(context, key);
  context.output.data(`${escapeLine(String(value))}\n`);
  return EXIT.ok;
}

/** Takes `KEY VALUE` and `KEY=VALUE`. */
async function set(context: Context, words: readonly string[]): Promise<number> {
  const [key = '', value, ...more] = words.length === 1 ? splitPair(words[0] ?? '') : words;
  if (key === '' || value === undefined || more.length > 0) throw wrongWords('set KEY VALUE');
  await find(context, key);
  return change(context, key, typedValue(value));
}

async function unset(context: Context, words: readonly string[]): Promise<number> {
  const [key = '', ...more] = words;
  if (key === '' || more.length > 0) throw wrongWords('unset KEY');
  await find(context, key);
  return change(context, key, null);
}

async function change({ session, output }: Context, key: string, value: unknown): Promise<number> {
  const view = await call<ConfigChangeView>(session, 'POST', '/v1/config', { key, value });
  output.result(view, () => {
    const from = view.source === 'default' ? ' (the default)' : '';
    const when = view.takes_effect === 'now' ? ', in force' : `. ${view.hint}`;
    return `${key} is ${escapeLine(String(view.value))}${from}${when}\n`;
  });
  return EXIT.ok;
}

/** Throws BabysitError usage with the nearest name. */
async function find({ session }: Context, key: string): Promise<Setting> {
  const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
  const found = values.find((row) => row.key === key);
  if (found !== undefined) return found;
  const names = values.map((row) => row.key);
  const near = names.filter((name) => name.endsWith(`.${key}`));
  const best = nearest(key, names);
  if (near.length === 0 && best !== null) near.push(best);
  throw new BabysitError('usage', `there is no setting "${key}"`, {
    hint: didYouMean(near).hint ?? 'Run babysit config show for all settings.',
  });
}

/** A number or true or false as JSON has it; else text. */
function typedValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function splitPair(word: string): string[] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function wrongWords(usage: string): BabysitError {
  return new BabysitError('usage', `usage: babysit config ${usage}`, {
    hint: 'Run babysit config show for all settings.',
  });
}
