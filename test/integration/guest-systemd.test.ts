// cgroup v2 as a user of systemd, through its manager.
import { DRIVER, guestEnv, guestTest, node } from '../support/guest/guest-test.ts';

const OF_SYSTEMD = ['service', 'systemd-driver', 'coming-from'].map((name) => `test/guest/${name}.test.ts`);

function delegatedService(): string {
  const env = Object.keys(guestEnv()).map((name) => `--setenv=${name}`);
  const flags = ['--pipe', '--wait', '--quiet', '--collect', '--same-dir', '--property=Delegate=yes'];
  return ['systemd-run', '--user', ...flags, ...env].join(' ');
}

guestTest('systemd-user', [`${delegatedService()} ${node(DRIVER)}`, ...OF_SYSTEMD.map((file) => node(file))]);
