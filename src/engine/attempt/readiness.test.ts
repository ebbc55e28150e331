// A readiness by a line of the output, on a log of the test.
import assert from 'node:assert/strict';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { observeReadiness } from './readiness.ts';

describe('a readiness by a line', () => {
  const TABLE: [pattern: string, parts: string[], readyAfter: number | null, why: string][] = [
    ['ready', ['starting\n', 'ready\n'], 2, 'a later line'],
    ['^listening on \\d+$', ['listen', 'ing on 80\n'], 2, 'a line that comes in parts'],
    ['^listening on \\d+$', ['not listening on 80\nlistening on x\n'], null, 'another line'],
    ['> $', ['mysql> '], 1, 'a prompt without a line end'],
    ['ready', ['ready\n', 'stopped\n'], 1, 'it stays ready'],
    [
      '^(a+)+$',
      [`${'a'.repeat(4000)}b\n`, 'b\n', 'a\n'],
      3,
      'lines that take too long are skipped after a second try',
    ],
  ];
  for (const [pattern, parts, readyAfter, why] of TABLE)
    it(`${why}: ${pattern}`, (t) => {
      const path = join(tempDir(t), 'log');
      writeFileSync(path, '');
      const observer = observeReadiness({ kind: 'log', pattern }, path, () => assert.fail('no command'));
      const seen = parts.map((part) => {
        appendFileSync(path, part);
        const look = () => observer.look(() => [], statSync(path).size);
        // The second look tries again what a busy host has kept from its end.
        return look() || look();
      });
      assert.deepEqual(
        seen,
        parts.map((_, index) => readyAfter !== null && index + 1 >= readyAfter),
      );
    });
});
