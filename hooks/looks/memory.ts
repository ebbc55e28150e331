// Remembers looks at running tasks in one small file of the state directory: repeated looks are polling by hand.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, parseJson } from '../../src/text/json.ts';

/** What is remembered of the looks of one session at one task. */
interface Memory {
  /** Changes with each event of the task. */
  readonly state: string;
  readonly times: readonly number[];
}

const WINDOW_MS = 180_000;
/** The look that is answered with a wait. */
const LOOKS_MAX = 3;
const ENTRIES_MAX = 200;

/**
 * Notes a look and returns whether it is one too many: the third within three minutes at a task without an event.
 * `state` is a text that changes with the task. A look that is refused does not count.
 */
export function noteLook(dir: string, key: string, state: string, nowMs: number): boolean {
  const file = join(dir, 'looks.json');
  const memories = readMemories(file);
  const before = memories.get(key);
  const recent =
    before?.state === state ? before.times.filter((time) => time > nowMs - WINDOW_MS && time <= nowMs) : [];
  if (recent.length + 1 >= LOOKS_MAX) return true;
  memories.delete(key);
  memories.set(key, { state, times: [...recent, nowMs] });
  writeMemories(file, memories);
  return false;
}

function readMemories(file: string): Map<string, Memory> {
  try {
    const { value } = parseJson(readFileSync(file, 'utf8'));
    return new Map(
      isJsonObject(value)
        ? Object.entries(value).filter((entry): entry is [string, Memory] => isMemory(entry[1]))
        : [],
    );
  } catch {
    return new Map();
  }
}

function isMemory(value: unknown): value is Memory {
  return isJsonObject(value) && typeof value.state === 'string' && Array.isArray(value.times);
}

/** Keeps the newest entries. Two hooks at the same time may lose a look, which does no harm. */
function writeMemories(file: string, memories: ReadonlyMap<string, Memory>): void {
  const kept = [...memories].slice(-ENTRIES_MAX);
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(kept)), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // Without the file each look is the first.
  }
}
