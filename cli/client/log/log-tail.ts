// Reads the last lines of a task that did not complete, for its end.
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { stripEscapes } from '../../../src/text/terminal.ts';
import { taskPath } from '../../input/refs.ts';
import { readText, type Session } from '../session.ts';

export const TAIL_LINES = 10;
export const TAIL_MAX = 10_000;
/** Of the default. More lines, asked for, have more room. */
const BYTES_PER_LINE = 100;

/** At most 100 bytes a line on average, the last ones; empty for a completed task, without a log, or if it is unreadable. */
export async function readLogTail(session: Session, task: TaskView, lines: number): Promise<string[]> {
  const isWanted = task.status === 'failed' || task.status === 'killed' || task.status === 'interrupted';
  if (lines === 0 || !isWanted || task.log_path === null) return [];
  const text = await readText(session, taskPath(task.id, `/log?tail=${lines}`)).catch(() => '');
  const kept: string[] = [];
  let leftBytes = BYTES_PER_LINE * lines;
  for (const line of text.split('\n').toReversed()) {
    const plain = stripEscapes(line.slice(line.lastIndexOf('\r', line.length - 2) + 1)).trimEnd();
    const bytes = Buffer.byteLength(plain);
    if (plain === '' && kept.length === 0) continue;
    if (bytes > leftBytes) {
      if (kept.length === 0) kept.push(plain.slice(-leftBytes));
      break;
    }
    kept.push(plain);
    leftBytes -= bytes;
  }
  return kept.toReversed();
}
