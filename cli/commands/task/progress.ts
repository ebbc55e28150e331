// babysit progress: reports the progress of a task from inside it. Needs no daemon.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { parseDurationOrOff } from '../../../src/units/duration.ts';
import { parseCount } from '../../../src/units/number.ts';
import { defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { noPositionals } from '../../input/refs.ts';

const FLAGS = {
  done: { kind: 'text', value: 'N', help: 'finished items, including failed ones' },
  total: { kind: 'text', value: 'N', help: 'all items' },
  failed: { kind: 'text', value: 'N', help: 'failed items' },
  phase: { kind: 'text', value: 'TEXT', help: 'current phase of the work' },
  eta: { kind: 'text', value: 'DURATION', help: 'time to the end (default: from the rate so far)' },
  note: { kind: 'text', value: 'TEXT', help: 'a short note, such as loss=1.2e-4' },
} as const satisfies FlagSpecs;

/** The daemon ignores longer lines. */
const LINE_MAX_BYTES = 4096;

export const command = defineCommand({
  usage: 'progress [--done=N] [--total=N] [--failed=N] [--phase=TEXT] [--eta=DURATION] [--note=TEXT]',
  about: `Call it from the command of a task. status, list and wait --progress show the values, and heartbeat records them. They
override what the daemon reads from the output. An omitted flag keeps its value; an empty text removes it.
A program may also append {"done":3,"total":42,"phase":"x","failed":1,"eta_s":90} as a line to $BABYSIT_PROGRESS_FILE.`,
  flags: FLAGS,
  examples: ['babysit progress --done=3 --total=42', 'babysit progress --phase=upload --failed=1'],
  run: async ({ env }, { flags, positionals }) => {
    noPositionals(positionals, 'progress');
    const line = `${JSON.stringify(readProgress(flags))}\n`;
    if (line === '{}\n')
      throw new BabysitError('usage', 'progress needs a flag', {
        hint: 'Run babysit progress --done=3 --total=42.',
      });
    if (Buffer.byteLength(line) > LINE_MAX_BYTES)
      throw new BabysitError('usage', `--phase and --note are longer than ${LINE_MAX_BYTES} bytes`);
    append(env.BABYSIT_PROGRESS_FILE, line);
    return EXIT.ok;
  },
});

function readProgress(flags: Parsed<typeof FLAGS>['flags']): object {
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

/** Uses one write(2) with O_APPEND, so that lines of several processes do not mix. */
function append(path: string | undefined, line: string): void {
  if (!path)
    throw new BabysitError('usage', 'BABYSIT_PROGRESS_FILE is not set: progress runs inside a task', {
      hint: 'Call it from a command that babysit run started.',
    });
  try {
    // A FIFO that no process reads is an error. A device, such as the terminal, shows the line.
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
    const fd = openSync(path, flags, 0o600);
    try {
      writeSync(fd, line);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new BabysitError(
      code === 'ENOSPC' ? 'disk_full' : 'usage',
      `cannot write the progress: ${message}`,
      { hint: 'Set BABYSIT_PROGRESS_FILE to a file that you may write to.' },
    );
  }
}
