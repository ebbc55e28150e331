// --memory_reserve of daemon-start and daemon-restart: sets admission.memory_reserve for the started daemon.
import { totalmem } from 'node:os';
import { BabysitError } from '../../src/core/errors.ts';
import { formatSize, parseSize } from '../../src/units/size.ts';
import type { FlagSpec } from '../input/argv.ts';

export const MEMORY_RESERVE_FLAG = {
  memory_reserve: {
    kind: 'text',
    value: 'SIZE',
    help: 'memory that tasks never get; for every start: setting admission.memory_reserve',
  },
} as const satisfies Record<string, FlagSpec>;

/** Returns the environment for the daemon. Throws BabysitError usage. */
export function withMemoryReserve(env: NodeJS.ProcessEnv, text: string | undefined): NodeJS.ProcessEnv {
  if (text === undefined) return env;
  if (parseSize(text, '--memory_reserve') >= totalmem())
    throw new BabysitError(
      'usage',
      `--memory_reserve: ${text} leaves no memory for tasks: this host has ${formatSize(totalmem())}`,
      { flag: '--memory_reserve' },
    );
  return { ...env, BABYSIT_ADMISSION_MEMORY_RESERVE: text };
}
