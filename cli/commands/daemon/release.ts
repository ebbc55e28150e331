// babysit release: ends a hold.
import type { ReleasedView } from '../../../src/api/schemas/hold.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { HOLD_FLAGS, type HoldTargetBody, holdTargets } from '../../input/hold-target.ts';
import { holdText, scopeText } from '../../output/hold-text.ts';

export const command = defineCommand({
  usage: 'release [NAME... | --all | --project[=DIR] | --owner=NAME | --tag=TAG]',
  about: `Ends the hold of exactly this scope; without a scope the hold of all tasks. What other holds do not cover starts in its
old order. For people: in the session of an agent it needs the setting agents.may_hold.`,
  flags: HOLD_FLAGS,
  examples: ['babysit release', 'babysit release --owner=ci'],
  async run(context, parsed) {
    const { session, env } = context;
    for (const target of await holdTargets(session, parsed, env)) {
      const query = new URLSearchParams(Object.entries(asText(target)));
      print(context, await call<ReleasedView>(session, 'DELETE', `/v1/hold?${query}`));
    }
    return EXIT.ok;
  },
});

function asText({ all, ...rest }: HoldTargetBody): Record<string, string> {
  return { ...(all === undefined ? {} : { all: '1' }), ...(rest as Record<string, string>) };
}

function print({ output, full }: Context, { released, holds }: ReleasedView): void {
  const short = released && { scope: released.scope, of: released.of, held: released.held };
  const others = holds.map(({ scope, of, until }) => ({ scope, of, until }));
  output.result(full ? { released, holds } : { released: short, holds: others }, () => {
    const rest = holds.map((hold) => `still ${scopeText(hold, hold.name)} ${holdText(hold)}\n`).join('');
    if (released === null) return 'nothing was held\n';
    return `released: ${scopeText(released, released.name)}, ${released.held} waited\n${rest}`;
  });
}
