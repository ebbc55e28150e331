// babysit doctor: checks what babysit can enforce on this host.
import type { DoctorView } from '../../../src/api/schemas/daemon.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { gateChecks } from '../../agents/gate-checks.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { currentProject } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'doctor',
  about:
    'Prints every check with its reason and, for a failed check, the fix; also for rules of agent harnesses that let heavy commands run without babysit, and for their limits of waits. Exits 0 when memory limits are enforced, 1 otherwise.',
  flags: {},
  examples: ['babysit doctor'],
  async run({ output, session, env }, { positionals }) {
    noPositionals(positionals, 'doctor');
    const { checks, ...host } = await call<DoctorView>(session, 'GET', '/v1/doctor');
    const view = { ...host, checks: [...checks, ...gateChecks(session.home, currentProject(), env)] };
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
