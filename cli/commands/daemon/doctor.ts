// babysit doctor: what this host lets babysit enforce.
import type { DoctorView } from '../../../src/api/schemas/daemon.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'doctor',
  about: 'Every check with its reason and, for each "no", the fix. Exit 0 when all is well, 1 otherwise.',
  flags: {},
  examples: ['babysit doctor'],
  async run({ output, session }, { positionals }) {
    noPositionals(positionals, 'doctor');
    const view = await call<DoctorView>(session, 'GET', '/v1/doctor');
    if (output.json) output.data(`${JSON.stringify(view)}\n`);
    else output.data(text(view));
    return view.ok ? EXIT.ok : EXIT.failed;
  },
});

function text({ driver, checks }: DoctorView): string {
  const lines = checks.map(({ what, ok, reason, fix }) => {
    const line = `${ok ? 'ok' : 'no'}  ${escapeField(what)}: ${escapeField(reason)}\n`;
    return fix === null ? line : `${line}    fix: ${escapeField(fix)}\n`;
  });
  return `driver ${driver}\n${lines.join('')}`;
}
