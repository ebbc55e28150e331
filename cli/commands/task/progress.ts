// babysit progress: the command of a task tells how far it is. Needs no daemon.
import { appendFileSync } from 'node:fs';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { parseDurationOrOff } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { noPositionals } from '../../input/refs.ts';

const FLAGS = {
  done: { kind: 'text', value: 'N', help: 'items that are done, failed ones included' },
  total: { kind: 'text', value: 'N', help: 'items there are' },
  failed: { kind: 'text', value: 'N', help: 'items that failed' },
  phase: { kind: 'text', value: 'TEXT', help: 'what it is busy with' },
  eta: { kind: 'text', value: 'DURATION', help: 'time to the end; without it the rate so far tells' },
  note: { kind: 'text', value: 'TEXT', help: 'what it measures of itself, such as loss=1.2e-4' },
} as const satisfies FlagSpecs;

/** Longer lines are passed over by who reads them. */
const LINE_MAX_BYTES = 4096;

export const command = defineCommand({
  usage: 'progress [--done=N] [--total=N] [--failed=N] [--phase=TEXT] [--eta=DURATION] [--note=TEXT]',
  about: `For the command of a task: shown by status, list and wait --progress, and kept by heartbeat; wins over what is read
from the output. What is not given stays as it was told before; an empty text takes it back.
A program may as well append {"done":3,"total":42,"phase":"x","failed":1,"eta_s":90} as a line to $BABYSIT_PROGRESS_FILE.`,
  flags: FLAGS,
  examples: ['babysit progress --done=3 --total=42', 'babysit progress --phase=upload --failed=1'],
  run: async ({ env }, { flags, positionals }) => {
    noPositionals(positionals, 'progress');
    const line = `${JSON.stringify(readTold(flags))}\n`;
    if (line === '{}\n')
      throw new BabysitError('usage', 'progress needs something to tell', {
        hint: 'babysit progress --done=3 --total=42',
      });
    if (Buffer.byteLength(line) > LINE_MAX_BYTES)
      throw new BabysitError('usage', `--phase and --note are longer than ${LINE_MAX_BYTES} bytes`);
    append(env.BABYSIT_PROGRESS_FILE, line);
    return EXIT.ok;
  },
});

function readTold(flags: Parsed<typeof FLAGS>['flags']): object {
  const { done, total, failed, phase, eta, note } = flags;
  const count = (text: string, flag: string) => parseCount(text, flag, 0, Number.MAX_SAFE_INTEGER);
  return {
    ...(done === undefined ? {} : { done: count(done, '--done') }),
    ...(total === undefined ? {} : { total: count(total, '--total') }),
    ...(failed === undefined ? {} : { failed: count(failed, '--failed') }),
    ...(phase === undefined ? {} : { phase: phase === '' ? null : phase }),
    ...(eta === undefined ? {} : { eta_s: parseDurationOrOff(eta, '--eta') / 1000 }),
    ...(note === undefined ? {} : { note: note === '' ? null : note }),
  };
}

/** One write(2) with O_APPEND: lines of several processes do not mix. */
function append(path: string | undefined, line: string): void {
  if (!path)
    throw new BabysitError('usage', 'BABYSIT_PROGRESS_FILE is not set: this is not the command of a task', {
      hint: 'Call it from a command that babysit run started.',
    });
  try {
    appendFileSync(path, line, { mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new BabysitError(
      code === 'ENOSPC' ? 'disk_full' : 'usage',
      `the progress could not be written: ${message}`,
      { hint: 'BABYSIT_PROGRESS_FILE must name a file that you may write to.' },
    );
  }
}
