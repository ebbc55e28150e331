// babysit adjust: new estimates, kill timeout or priority for live tasks.
import type { AdjustBody } from '../../../src/api/shapes.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { parseCores } from '../../../src/units/number.ts';
import { parseSize } from '../../../src/units/size.ts';
import { changeEach } from '../../change-each.ts';
import { defineCommand } from '../../command.ts';
import type { FlagSpecs } from '../../input/argv.ts';
import { checkTyped } from '../../input/checked.ts';
import { readPriority } from '../../input/priority.ts';
import { NAME_FLAG, someRefs } from '../../input/refs.ts';

export const FLAGS = {
  ...NAME_FLAG,
  estimated_time: {
    kind: 'text',
    value: 'DURATION',
    help: 'new estimate; a default kill timeout follows it',
  },
  estimated_mem_bytes: { kind: 'text', value: 'SIZE', help: 'new estimate; the cap follows it (3 x)' },
  estimated_cpu_cores: { kind: 'text', value: 'N', help: 'new estimate; the cap follows it (3 x)' },
  kill_timeout: {
    kind: 'text',
    value: 'DURATION',
    aliases: ['timeout'],
    help: 'killed after it, from its start',
  },
  priority: { kind: 'text', value: 'N', help: 'higher goes first, -100 to 100' },
  force: { kind: 'switch', help: 'skip the check for room (never the caps)' },
} as const satisfies FlagSpecs;

const CHECKS = {
  estimated_time: parseDuration,
  estimated_mem_bytes: parseSize,
  estimated_cpu_cores: parseCores,
  kill_timeout: parseDuration,
} as const;

export const command = defineCommand({
  usage:
    'adjust NAME... [--estimated_time=D] [--estimated_mem_bytes=S] [--estimated_cpu_cores=N] [--kill_timeout=D] [--priority=N]',
  about: `In force at once, also for running tasks: their caps are rewritten and the watchdog begins anew by the new numbers.
What a running task asks for on top has to be free now (exit 2 when it is not).`,
  flags: FLAGS,
  examples: [
    'babysit adjust train --estimated_mem_bytes=12G --kill_timeout=8h',
    'babysit adjust nightly --priority=10',
  ],
  run(context, { flags, positionals }) {
    const refs = someRefs(positionals, flags.name, 'adjust');
    const body: AdjustBody = { ...checkTyped(flags, CHECKS), ...readPriority(flags.priority) };
    if (Object.keys(body).length === 0)
      throw new BabysitError('usage', 'adjust needs something to adjust', {
        hint: 'babysit adjust NAME --estimated_time=2h; babysit adjust --help lists the rest.',
      });
    return changeEach(context, refs, 'adjust', flags.force ? { ...body, force: true } : body, 'adjusted');
  },
});
