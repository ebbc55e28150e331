// babysit estimates: shows or forgets what earlier runs of a command used.
import type { ForgottenView, LearnedListView, LearnedView } from '../../../src/api/schemas/estimates.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { shellWords } from '../../../src/text/shell.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { currentProject } from '../../input/project.ts';
import { humanCores, humanDuration, humanSize } from '../../output/human.ts';
import { roomOf } from '../../output/screen.ts';
import { alignedTable } from '../../output/table.ts';

export const command = defineCommand({
  usage: 'estimates [COMMAND | -- PROGRAM ARGUMENT...] [--forget]',
  about: `Prints what earlier runs of a command in this project used, which a run without estimates takes: the time by which four of
five runs end, a high quantile of memory with a margin, and the cores. COMMAND is one shell line in quotes. Without it, one
command of each program in this project is listed. --forget removes what was learned of COMMAND: do so after it has changed.`,
  flags: { forget: { kind: 'switch', help: 'forget the runs of COMMAND' } },
  examples: ['babysit estimates', "babysit estimates 'npm test'", "babysit estimates 'npm test' --forget"],
  async run({ session, output }, { flags, positionals }) {
    const [first, ...more] = positionals;
    const line = more.length === 0 ? first : shellWords(positionals);
    const project = currentProject();
    if (flags.forget) {
      if (line === undefined) throw new BabysitError('usage', 'estimates --forget needs a command');
      const view = await call<ForgottenView>(session, 'POST', '/v1/estimates/forget', {
        project,
        command: line,
      });
      output.result(view, () => (view.forgotten === 0 ? 'nothing was known\n' : 'forgotten\n'));
      return EXIT.ok;
    }
    const query = new URLSearchParams({ project, ...(line === undefined ? {} : { command: line }) });
    const { estimates } = await call<LearnedListView>(session, 'GET', `/v1/estimates?${query}`);
    if (output.json) for (const view of estimates) output.data(`${JSON.stringify(view)}\n`);
    else {
      const style = { color: output.color, room: roomOf(output), shortened: ['command'] };
      output.data(alignedTable(HEAD, estimates.map(cells), style));
    }
    return EXIT.ok;
  },
});

const HEAD = ['command', 'time', 'memory', 'cores', 'runs', 'level'];

function cells({ command, time, mem, cpu }: LearnedView): string[] {
  const known = mem ?? time ?? cpu;
  return [
    escapeField(command),
    time === null ? '-' : humanDuration(time.safe_ms),
    mem === null ? '-' : humanSize(mem.bytes),
    cpu === null ? '-' : humanCores(cpu.cores),
    String(known?.n ?? 0),
    known?.level ?? '-',
  ];
}
