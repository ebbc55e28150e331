// --memory_reserve of daemon-start and daemon-restart: the setting of the same name for the daemon that is started.
import { totalmem } from 'node:os';
import { BabysitError } from '../../src/core/errors.ts';
import { formatSize, parseSize } from '../../src/units/size.ts';
import type { FlagSpec } from '../input/argv.ts';

export const MEMORY_RESERVE_FLAG = {
  memory_reserve: {
    kind: 'text',
    value: 'SIZE',
    help: 'memory this daemon never gives to tasks (for good: admission.memory_reserve in the config)',
  },
} as const satisfies Record<string, FlagSpec>;

/** The environment of the daemon. Throws BabysitError usage. */
export function withMemoryReserve(env: NodeJS.ProcessEnv, text: string | undefined): NodeJS.ProcessEnv {
  if (text === undefined) return env;
  if (parseSize(text, '--memory_reserve') >= totalmem())
    throw new BabysitError(
      'usage',
      `--memory_reserve: ${text} leaves nothing for tasks: this host has ${formatSize(totalmem())}`,
      { flag: '--memory_reserve' },
    );
  return { ...env, BABYSIT_ADMISSION_MEMORY_RESERVE: text };
}
