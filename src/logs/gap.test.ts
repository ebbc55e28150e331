// The mark of missing output, written on a full disk.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { lacksGapMark, markGap } from './gap.ts';

const MARK = '[babysit: output is missing above: the disk was full or the log writer was killed]\n';
const dir = tempDir({ after });

describe('the mark of missing output', () => {
  const LINES = `${'x'.repeat(49)}\n`.repeat(100);
  const TABLE: [string, string, string][] = [
    ['replaces the last lines', LINES, `${LINES.slice(0, 98 * 50)}${MARK}`],
    ['stands alone in a log that is shorter', 'ab\n', `\n${MARK}`],
    [
      'cuts a line that is longer than the part it reads',
      'x'.repeat(9000),
      `${'x'.repeat(9000 - MARK.length - 1)}\n${MARK}`,
    ],
  ];
  for (const [what, content, expected] of TABLE)
    it(what, () => {
      const log = join(dir, '1.log');
      writeFileSync(log, content);
      markGap(log);
      assert.equal(readFileSync(log, 'utf8'), expected);
      assert.ok(expected.length <= Math.max(content.length, MARK.length + 1), 'it took room');
      markGap(log);
      assert.equal(readFileSync(log, 'utf8'), expected);
    });

  it('is asked for by the claim', () => {
    const records = join(dir, '1');
    assert.equal(lacksGapMark(records), false);
    mkdirSync(records);
    writeFileSync(join(records, 'claim'), 'supervisor 1.5 7 (bash) S 1 7\nclosed 1.6\n');
    assert.equal(lacksGapMark(records), false);
    writeFileSync(join(records, 'claim'), 'supervisor 1.5 7 (bash) S 1 7\ngap\nclosed 1.6\n');
    assert.equal(lacksGapMark(records), true);
  });
});
