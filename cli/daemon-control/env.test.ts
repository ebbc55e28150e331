// The variables that a daemon inherits from the command that starts it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findHome } from '../../src/config/home.ts';
import { daemonEnv } from './env.ts';

it('keeps the variables of the user and drops those of the session, the task and the agent', () => {
  const env = daemonEnv(
    {
      HOME: '/home/u',
      PATH: '/bin',
      LC_ALL: 'C',
      XDG_RUNTIME_DIR: '/run/user/1',
      XDG_SESSION_ID: '4',
      SLURM_CONF: '/etc/slurm/big.conf',
      BABYSIT_ADMISSION_MAX_RUNNING: '3',
      BABYSIT_NODE: '/n',
      BABYSIT_NO_AUTOSTART: '1',
      BABYSIT_STOP_FILE: '/s',
      CLAUDE_CODE_SESSION_ID: 'abc',
      SECRET_TOKEN: 'x',
      NODE_OPTIONS: '--inspect',
    },
    findHome({ BABYSIT_HOME: '/state' }),
  );
  assert.deepEqual(env, {
    HOME: '/home/u',
    PATH: '/bin',
    LC_ALL: 'C',
    XDG_RUNTIME_DIR: '/run/user/1',
    SLURM_CONF: '/etc/slurm/big.conf',
    BABYSIT_ADMISSION_MAX_RUNNING: '3',
    MALLOC_ARENA_MAX: '1',
    MALLOC_MMAP_THRESHOLD_: '32768',
    BABYSIT_HOME: '/state',
    BABYSIT_GROUP: '',
  });
});
