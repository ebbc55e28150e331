// A host with systemd, cgroup v2 and no linger, whose user is logged in.
import type { Host } from '../../../src/systemd/host.ts';

export const LINUX_HOST: Host = {
  platform: 'linux',
  user: 'ada',
  isRoot: false,
  isContainer: false,
  isWsl: false,
  isBooted: true,
  hasManager: true,
  hasV2: true,
  outlivesLogin: false,
};
