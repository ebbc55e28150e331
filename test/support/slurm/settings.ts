// Settings of the Slurm client that leave each choice to Slurm.
import type { SlurmSettings } from '../../../src/engines/slurm/client/slurm-client.ts';

export const SLURM_SETTINGS: SlurmSettings = {
  conf: null,
  partition: null,
  account: null,
  qos: null,
  constraint: null,
  extraFlags: [],
  commandTimeoutMs: 20_000,
};
