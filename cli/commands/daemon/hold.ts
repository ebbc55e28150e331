// babysit hold: a person stops the starting of tasks.
import type { HoldBody, HoldView } from '../../../src/api/schemas/hold.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { listTasks } from '../../client/list-tasks.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { HOLD_FLAGS, type HoldTargetBody, holdTargets } from '../../input/hold-target.ts';
import { holdText, scopeText } from '../../output/hold-text.ts';
import { localTime } from '../../output/local-time.ts';
import { waitForTasks } from '../../wait-for-tasks.ts';

export const command = defineCommand({
  usage:
    'hold [NAME... | --all | --project[=DIR] | --owner=NAME | --tag=TAG] [--for=DURATION] [--drain [--wait]] [--reason=TEXT]',
  about: `No task of the scope starts until babysit release, or until the time is over; without a scope that is every task. Running
tasks are not touched, and neither is what they start inside themselves. Held tasks keep their order, and status and list show who
holds them, why and until when. A hold survives a restart of the daemon. A second hold of the same scope replaces the first.
For people: in the session of an agent it needs the setting agents.may_hold.`,
  flags: {
    ...HOLD_FLAGS,
    for: {
      kind: 'text',
      value: 'DURATION',
      help: 'end by itself after this time (default: at babysit release)',
    },
    drain: { kind: 'switch', help: 'also say when the running tasks of the scope are expected to be done' },
    wait: { kind: 'switch', help: 'like --drain, and return when the running tasks of the scope have ended' },
    reason: { kind: 'text', value: 'TEXT', help: 'why, for everyone who waits; at most 100 characters' },
  },
  examples: ['babysit hold --for=30m --reason=call', 'babysit hold --project', 'babysit hold --drain --wait'],
  async run(context, parsed) {
    const { flags } = parsed;
    if (flags.for !== undefined) parseDuration(flags.for, '--for');
    const { session, env } = context;
    const drain = flags.drain || flags.wait;
    const how = {
      ...(flags.for === undefined ? {} : { for: flags.for }),
      ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      drain,
    };
    let exit: number = EXIT.ok;
    for (const target of await holdTargets(session, parsed, env)) {
      const body: HoldBody = { ...target, ...how };
      print(context, await call<HoldView>(session, 'POST', '/v1/hold', body));
      if (flags.wait) exit = Math.max(exit, await drained(context, target));
    }
    return exit;
  },
});

function print({ output, full }: Context, hold: HoldView): void {
  const { since: _, name, running, expected_end, latest_end, drain, ...rest } = hold;
  const ends = drain ? { running, expected_end, latest_end } : { running };
  output.result(full ? hold : { ...rest, ...(name === null ? {} : { name }), ...ends }, () => {
    const likely = expected_end === null ? 'no end is expected' : `done about ${localTime(expected_end)}`;
    const latest = latest_end === null ? '' : `, at the latest ${localTime(latest_end)}`;
    const ends =
      running === 0
        ? 'nothing runs'
        : drain
          ? `${running} running: ${likely}${latest}`
          : `${running} still running`;
    return `${scopeText(hold, name)} ${holdText(hold)}; ${hold.held} waiting, ${ends}\n`;
  });
}

/** Waits for the running tasks of the scope. How they end is their matter. */
async function drained(context: Context, { project, owner, tag, task }: HoldTargetBody): Promise<number> {
  const query = new URLSearchParams({
    status: 'running,paused',
    all: '1',
    ...(project === undefined ? {} : { project }),
    ...(owner === undefined ? {} : { owner }),
    ...(tag === undefined ? {} : { tag }),
  });
  const { rows } = await listTasks(context.session, query, MOST);
  const running = rows.filter(({ id }) => task === undefined || id === task);
  if (running.length === 0) return EXIT.ok;
  const refs = running.map(({ id, name }) => ({ text: id, project: null, name }));
  const exit = await waitForTasks(context, refs, {
    any: false,
    timeoutMs: null,
    summary: true,
    killedOk: true,
  });
  return exit === EXIT.failed ? EXIT.ok : exit;
}

const MOST = 10_000;
