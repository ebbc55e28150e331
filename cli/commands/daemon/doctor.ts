// babysit doctor: checks what babysit can enforce on this host.
import type { DoctorView } from '../../../src/api/schemas/daemon.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'doctor',
  about:
    'Prints every check with its reason and, for a failed check, the fix. Exits 0 when all checks pass, 1 otherwise.',
  flags: {},
  examples: ['babysit doctor'],
  async run({ output, session }, { positionals }) {
    noPositionals(positionals, 'doctor');
    const view = await call<DoctorView>(session, 'GET', '/v1/doctor');
    output.result(view, () => text(view));
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
