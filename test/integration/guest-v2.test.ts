// Bare cgroup v2 as root.
import { DRIVER, ENDS, guestTest, node, TASKS } from '../support/guest/guest-test.ts';

guestTest('v2-root', [
  node(DRIVER),
  node(ENDS),
  node(TASKS),
  node('test/integration/watchdog.test.ts'),
  node('test/integration/sampling.test.ts'),
]);
