// docs/design/watchdog.md says what the code says: every reason with its hint, every number with its value.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SETTINGS } from '../src/config/settings.ts';
import { KILL_REASON_NAMES } from '../src/core/kill-reasons.ts';
import { STALL_RISK_AT } from '../src/watchdog/stall.ts';
import { RELIEF_SHARE } from '../src/watchdog/victim.ts';
import { exampleHint } from './support/example-kills.ts';

const text = readFileSync(join(import.meta.dirname, '../docs/design/watchdog.md'), 'utf8');
/** The cells of every row whose first cell is a name in backquotes, by that name. */
const rows = new Map(
  text.split('\n').flatMap((line) => {
    const [name, ...cells] = line.slice(2, -2).split(' | ');
    return line.startsWith('| `') && name !== undefined ? [[name.replaceAll('`', ''), cells] as const] : [];
  }),
);

describe('docs/design/watchdog.md', () => {
  for (const reason of KILL_REASON_NAMES)
    it(`has ${reason} with its hint`, () => {
      assert.equal(rows.get(reason)?.at(-1), exampleHint(reason));
    });

  for (const [key, { fallback }] of Object.entries(SETTINGS).filter(([name]) => name.startsWith('watchdog.')))
    it(`has ${key} with its default`, () => assert.equal(rows.get(key)?.[0], `${fallback}`));

  it('has the numbers that are fixed', () => {
    assert.match(text, new RegExp(`${STALL_RISK_AT * 100} % of \`--observability_interval\``));
    assert.match(text, new RegExp(`${RELIEF_SHARE * 100} % of the excess`));
  });
});

describe('docs/guide/when-a-task-was-killed.md', () => {
  const guide = readFileSync(join(import.meta.dirname, '../docs/guide/when-a-task-was-killed.md'), 'utf8');
  for (const reason of KILL_REASON_NAMES)
    it(`explains ${reason}`, () => assert.ok(guide.includes(`\`${reason}\``)));
});
