// Fields of a request that are stored with the task, for its owner and for later commands.
import type { FieldRow } from '../field-row.ts';

export const RECORD_FIELDS = {
  key: {
    as: 'key',
    type: 'text',
    min: 1,
    max: 256,
    value: 'KEY',
    batch: 'line',
    help: { run: 'deduplicate: a second run with this key in the project returns the first task' },
  },
  context: {
    as: 'context',
    type: 'json',
    max: 64 * 1024,
    value: 'JSON',
    help: { run: 'data to store with the task; status returns it' },
  },
  tag: {
    as: 'tags',
    type: 'list',
    value: 'TAG[,TAG]',
    mcp: 'tags that list can filter by',
    help: { run: 'tags that babysit list --tag can filter by' },
  },
  no_learn: {
    as: 'noLearn',
    type: 'switch',
    help: { run: 'ignore what earlier runs of this command used, and do not learn from this one' },
  },
  checkpoint: {
    as: 'checkpoint',
    type: 'name',
    value: 'NAME',
    help: {
      run: 'share the checkpoints of this name with all tasks of the project that give it, instead of own ones',
    },
  },
  on_end: {
    as: 'onEnd',
    type: 'text',
    min: 1,
    max: 65_536,
    value: 'LINE',
    help: {
      run: 'shell command that the daemon runs when the task has ended; it gets the end as JSON on standard input and in variables',
    },
  },
  lease: {
    as: 'lease',
    type: 'text',
    min: 1,
    max: 64,
    value: 'ID',
    batch: 'line',
    help: { run: 'use the capacity of this lease from wait_for_capacity' },
  },
  wait: {
    as: 'wait',
    type: 'switch',
    batch: 'never',
    mcp: false,
    help: {
      run: 'wait for the end of the task, with the output and exit code of babysit wait; inside a task: as a part of it',
    },
  },
} as const satisfies Readonly<Record<string, FieldRow>>;
