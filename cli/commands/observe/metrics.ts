// babysit metrics: prints the metrics of the daemon, or writes them for a collector. Never starts the daemon.
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { readText } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { absolutePath } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';
import { openReplaced } from '../../output/replaced-file.ts';

export const command = defineCommand({
  usage: 'metrics [--output=FILE]',
  about: `Prints the metrics of the daemon in the text format of Prometheus: tasks, admissions, denials, kills, waits, host, ledger
and daemon. With --output it replaces FILE at once, so that the textfile collector of node_exporter never reads a part.
It exits 69 when the daemon does not run, and never starts it.`,
  flags: {
    output: { kind: 'text', value: 'FILE', help: 'write this file, readable by every user' },
  },
  examples: ['babysit metrics', 'babysit metrics --output=/var/lib/prometheus/node-exporter/babysit.prom'],
  async run({ session, output }, { flags, positionals }) {
    noPositionals(positionals, 'metrics');
    const text = await readText({ ...session, autostart: false }, '/v1/metrics');
    if (flags.output === undefined) output.data(text);
    else replaceFile(absolutePath(flags.output), text);
    return EXIT.ok;
  },
});

/** The collector runs as another user, and reads files whose names end in .prom: the draft's does not. Throws BabysitError usage. */
function replaceFile(path: string, text: string): void {
  try {
    openReplaced(path, 0o644).commit(text);
  } catch (error) {
    throw new BabysitError('usage', `--output: cannot write ${path}: ${(error as Error).message}`, {
      flag: '--output',
      hint: 'Give a file in a directory that exists and that you may write to.',
    });
  }
}
