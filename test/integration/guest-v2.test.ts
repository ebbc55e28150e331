// Bare cgroup v2 as root.
import { DRIVER, ENDS, guestTest, node, TASKS } from '../support/guest/guest-test.ts';

guestTest('v2-root', [
  node(DRIVER),
  node(ENDS),
  node(
    TASKS,
    /caps written|memory hog|CPU hog|fork bomb|made itself a daemon|ignores SIGTERM|survive a SIGKILL/,
  ),
  node('test/integration/watchdog.test.ts', /memory pressure/),
  node('test/integration/sampling.test.ts'),
]);
