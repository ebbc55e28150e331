// To which agent session or terminal a process belongs, from recorded files of /proc.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { readOrigin } from './process-origin.ts';

/** A process of each row: pid, parent, terminal device, environment. */
function procOf(t: TestContext, rows: readonly [pid: number, ppid: number, tty: number, env: string[]][]) {
  const root = tempDir(t);
  for (const [pid, ppid, tty, env] of rows) {
    mkdirSync(join(root, String(pid)));
    writeFileSync(join(root, `${pid}/stat`), `${pid} (make) R ${ppid} 1 1 ${tty} -1 0`);
    writeFileSync(join(root, `${pid}/environ`), `${env.join('\0')}\0`);
  }
  return root;
}

const ROWS: [what: string, expected: string | null, rows: Parameters<typeof procOf>[1]][] = [
  ['nothing known', null, [[9, 1, 0, ['PATH=/bin']]]],
  ['a terminal', 'terminal pts/3', [[9, 1, 34819, []]]],
  ['a pts above 255', 'terminal pts/300', [[9, 1, (137 << 8) | 44, []]]],
  ['a console', 'terminal tty2', [[9, 1, (4 << 8) | 2, []]]],
  ['a session in its own environment', 'agent session 7f-2c', [[9, 1, 0, ['CLAUDE_CODE_SESSION_ID=7f-2c']]]],
  [
    'an ancestor in a session, also on a terminal',
    'agent session s1',
    [
      [9, 8, 34819, ['PATH=/bin']],
      [8, 1, 34819, ['TOKEN=secret', 'CLAUDE_CODE_SESSION_ID=s1']],
    ],
  ],
  ['an agent without a session', 'agent codex', [[9, 1, 0, ['CODEX_SANDBOX=seatbelt']]]],
  ['a session id that is not a name', null, [[9, 1, 0, ['CLAUDE_CODE_SESSION_ID=a b\nc']]]],
  ['a parent that has gone', 'terminal pts/0', [[9, 8, 34816, []]]],
];

for (const [what, expected, rows] of ROWS)
  it(`of ${what} is ${expected}`, (t) => assert.equal(readOrigin(9, procOf(t, rows)), expected));
