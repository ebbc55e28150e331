// Documents agree with the code and with each other: the reference, links, paths, names of commands and flags, words.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';

import { COMMON_FLAGS, type Command } from '../cli/command.ts';
import { COMMANDS } from '../cli/commands.ts';
import { referencePages } from '../scripts/reference.ts';
import { ERRORS, EXIT } from '../src/core/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'hooks/*.md', 'skill/**/*.md'], { cwd: ROOT }).sort();
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const withoutFences = (text: string) => text.replace(/^```.*?^```$/gms, '');

describe('docs/reference', async () => {
  const pages = await referencePages();

  for (const [name, text] of Object.entries(pages))
    it(`${name} is what scripts/reference.ts writes: run it again when this fails`, () =>
      assert.equal(read(`docs/reference/${name}`), text));

  it('says what every command, flag, setting, event and field means', () => {
    const empty = Object.entries(pages).flatMap(([name, text]) =>
      [...text.matchAll(/^\| (.*) \|\n\|-.*\n((?:\|.*\n)+)/gm)].flatMap(([, header = '', body = '']) => {
        const column = header.split(' | ').findIndex((title) => /^(meaning|does|occurs when)$/.test(title));
        return body
          .trimEnd()
          .split('\n')
          .filter((row) => column >= 0 && row.slice(2, -2).split(' | ')[column] === '')
          .map((row) => `${name}: ${row}`);
      }),
    );
    assert.deepEqual(empty, []);
  });

  /** The cells of every row of a page that begins with `first`. */
  const rows = (page: string, first: RegExp): string[][] =>
    read(`docs/reference/${page}`)
      .split('\n')
      .filter((line) => first.test(line))
      .map((line) => line.slice(2, -2).split(' | '));

  it('has one row per error, in the order of the table, with its numbers and sentences', () => {
    assert.deepEqual(
      rows('errors.md', /^\| `/),
      Object.entries(ERRORS).map(([code, { http, exit, title, hint }]) => [
        `\`${code}\``,
        `${http}`,
        `${exit}`,
        title,
        hint,
      ]),
    );
  });

  it('has one row per exit code', () => {
    assert.deepEqual(
      rows('exit-codes.md', /^\| \d/).map(([exit]) => Number(exit)),
      Object.values(EXIT),
    );
  });
});

describe('links', () => {
  /** Anchors as GitHub makes them from headings. */
  function anchorsOf(page: string): string[] {
    return [...withoutFences(read(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    );
  }

  function isBroken(page: string, link: string): boolean {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  }

  it('lead to a page and a heading that exist', () => {
    const broken = PAGES.flatMap((page) =>
      [...withoutFences(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^https?:/.test(link) && isBroken(page, link))
        .map((link) => `${page}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it('reach every page of docs from README.md', () => {
    const linked = [...read('README.md').matchAll(/\]\((docs\/[^)#]+)/g)].map(([, link = '']) => link);
    const hidden = PAGES.filter((page) => page.startsWith('docs/') && !linked.includes(page));
    assert.deepEqual(hidden, []);
  });
});

describe('paths', () => {
  const PATH = /`((?:src|cli|hooks|skill|test|bench|scripts|docs)\/[^`\s]*)`/g;

  it('in code font exist; <verb> and the like stand for any name', () => {
    const missing = PAGES.flatMap((page) =>
      [...withoutFences(read(page)).matchAll(PATH)]
        .map(([, path = '']) => path)
        .filter((path) => globSync(path.replace(/<\w+>/g, '*'), { cwd: ROOT }).length === 0)
        .map((path) => `${page}: ${path}`),
    );
    assert.deepEqual([...new Set(missing)], []);
  });
});

describe('commands', async () => {
  const flagsOf = new Map<string, ReadonlySet<string>>();
  const spell = (name: string) => name.replaceAll('-', '_');
  for (const [name, { aliases = [], load }] of Object.entries(COMMANDS)) {
    const { command } = await load();
    const specs: Command['flags'] = { ...COMMON_FLAGS, ...command.flags };
    const flags = Object.entries(specs).flatMap(([flag, spec]) => [flag, ...(spec.aliases ?? [])]);
    for (const verb of [name, ...aliases]) flagsOf.set(spell(verb), new Set(flags.map(spell)));
  }

  /** Verb and flags of each `babysit …` in code, without what stands in quotes, behind `--` or behind a comment. */
  function callsOf(text: string): { verb: string; flags: string[] }[] {
    const code = [...text.matchAll(/^```(?:sh|shell|console)\b.*?^```$|`[^`\n]+`/gms)].map(([part]) => part);
    return code
      .flatMap((part) => part.replace(/#.*$/gm, '').split(/\n|&&|[;|]/))
      .map((line) => line.replace(/'[^']*'|"[^"]*"/g, '…').replace(/ -- .*/, ''))
      .flatMap((line) => {
        const [, verb, rest = ''] = /\bbabysit ([a-z][a-z_-]*)(.*)$/.exec(line) ?? [];
        const flags = [...rest.matchAll(/\s--([a-z][a-z_-]*)/g)].map(([, flag = '']) => spell(flag));
        return verb === undefined ? [] : [{ verb: spell(verb), flags }];
      });
  }

  it('that documents name exist, with their flags', () => {
    const unknown = PAGES.flatMap((page) =>
      callsOf(read(page)).flatMap(({ verb, flags }) => {
        const known = flagsOf.get(verb);
        const wrong = flags.filter((flag) => known?.has(flag) === false).map((flag) => `${verb} --${flag}`);
        return (known === undefined ? [verb] : wrong).map((name) => `${page}: ${name}`);
      }),
    );
    assert.deepEqual(unknown, []);
  });
});

describe('words', () => {
  const AVOIDED =
    /\b(who(?:so)?ever|nobody|somebody|anybody|shall|meanwhile|for ever|tells?|told|mend(?:s|ed|ing)?|go(?:es)? on|begun anew)\b/gi;
  /** They show the words, or repeat texts of the code and of test tables in their first cells. */
  const EXEMPT = ['docs/contributing/style.md', 'docs/guide/coming-from.md'];

  it('are those of docs/contributing/style.md', () => {
    const found = PAGES.filter((name) => !EXEMPT.includes(name)).flatMap((page) =>
      (
        withoutFences(read(page))
          .replace(/^\| (?:`|…).*$/gm, '')
          .match(AVOIDED) ?? []
      ).map((word) => `${page}: ${word}`),
    );
    assert.deepEqual(found, []);
  });
});
