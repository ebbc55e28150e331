// The line in which a user changes the limits of a task: `mem=2G time=10m cores=1 kill_timeout=20m`.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { exactDuration } from '../../src/units/duration.ts';
import { exactSize } from '../../src/units/size.ts';

const FIELDS = [
  { word: 'mem', flag: 'estimated_mem_bytes', now: (task: LiveTask) => exactSize(task.estimated_mem_bytes) },
  { word: 'time', flag: 'estimated_time', now: (task: LiveTask) => exactDuration(task.estimated_time_ms) },
  { word: 'cores', flag: 'estimated_cpu_cores', now: (task: LiveTask) => String(task.estimated_cpu_cores) },
  {
    word: 'kill_timeout',
    flag: 'kill_timeout',
    now: (task: LiveTask) => exactDuration(task.kill_timeout_ms),
  },
  { word: 'priority', flag: 'priority', now: (task: LiveTask) => String(task.priority) },
] as const;

export function adjustText(task: LiveTask): string {
  return FIELDS.map(({ word, now }) => `${word}=${now(task)}`).join(' ');
}

/** The changed values by the name of their flag. Throws BabysitError usage for a word that is not `FIELD=VALUE`. */
export function readAdjust(text: string, task: LiveTask): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const pair of text.split(/\s+/).filter((word) => word !== '')) {
    const [, word, value] = /^([a-z_]+)=(.+)$/.exec(pair) ?? [];
    const field = FIELDS.find((one) => one.word === word);
    if (field === undefined || value === undefined)
      throw new BabysitError(
        'usage',
        `"${pair}" is not one of ${FIELDS.map((one) => `${one.word}=…`).join(', ')}`,
      );
    if (value !== field.now(task)) changed[field.flag] = value;
  }
  return changed;
}
