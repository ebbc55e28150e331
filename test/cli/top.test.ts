// babysit top in a real terminal: a task appears, progresses and is killed, another waits, and the terminal comes back.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { hasTmux, inTmux, type Tmux } from '../support/screens/tmux.ts';
import { submit, until } from '../support/tasks.ts';

const skip = hasTmux() ? false : 'needs tmux';

async function driveDetail(home: TestHome, terminal: Tmux): Promise<void> {
  const go = `${home.work}/go`;
  const again = `${home.work}/again`;
  const count = `n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; echo attempt-$n`;
  const line = `${count}; ${until(go)}; echo after-the-restart; ${until(again)}; exit 1`;
  const retry = ['--retries=1', '--retry_backoff=1s', '--estimated_time=10m'];
  await submit(home, 'train', line, ...retry);
  terminal.keys(`${BABYSIT} top`, 'Enter');
  await terminal.until(/RUNNING 1/);
  terminal.keys('Enter');
  await terminal.until(/OUTPUT\n(.*\n)*attempt-0/);
  await home.run(['daemon-restart']);
  writeFileSync(go, '');
  await terminal.until(/EVENTS\n.* started .*\n(.*\n)*OUTPUT\nattempt-0\nafter-the-restart/);
  writeFileSync(again, '');
  await terminal.until(/OUTPUT\n(.*\n)*after-the-restart\nattempt-1\nafter-the-restart/);
  // An ended task has all its events, too.
  await terminal.until(/status +failed.*\n(.*\n)*.* retrying .*\n(.*\n)*.* ended /);
  terminal.keys('Escape');
  await terminal.until(/RUNNING 0/);
  terminal.keys('Enter');
  await terminal.until(/EVENTS\n(.*\n)*.* retrying .*\n(.*\n)*.* ended /);
  terminal.keys('q', 'q');
  await terminal.until(/top\n\$\n/);

  const none = `BABYSIT_NO_AUTOSTART=1 BABYSIT_HOME=${home.work}/none`;
  terminal.keys(`clear; ${none} ${BABYSIT} top; echo code $?`, 'Enter');
  assert.match(await terminal.until(/code [0-9]+/), /does not answer.*\n(.*\n)*code 69/);
}

async function drive(home: TestHome, terminal: Tmux): Promise<void> {
  const go = `${home.work}/go`;
  const evil = "printf '\\033]2;stolen\\007\\033[2J[3/10] loss=0.5\\n'";
  await submit(
    home,
    'train',
    `${evil}; ${until(go)}; echo '[7/10] loss=0.1'; sleep 600`,
    '--estimated_time=10m',
  );
  await submit(home, 'third', 'sleep 600', '--after=train');

  terminal.keys(`echo before; ${BABYSIT} top`, 'Enter');
  const first = await terminal.until(/MEM .* of .*G\n(.*\n)*.* train .* 30%/);
  assert.match(first, /▶ train +.* 30% .*\/32M .* \[3\/10\] loss=0\.5/);
  assert.match(first, /third .* in \d+m\d+s .* the end of train/);
  assert.doesNotMatch(first, /before|stolen|2J/);
  assert.doesNotMatch(terminal.title(), /stolen/);

  writeFileSync(go, '');
  await terminal.until(/train .* 70% .* loss=0\.1/);
  terminal.resize(80, 24);
  await terminal.until(/train .* 70%/);
  assert.equal(terminal.shown().split('\n').length, 25);

  terminal.keys('Enter');
  assert.match(await terminal.until(/OUTPUT\n(.*\n)*.*loss=0\.1/), /status +running/);
  terminal.keys('Escape');
  await terminal.until(/RUNNING 1/);

  terminal.keys('p');
  await terminal.until(/pause train: done/);
  await terminal.until(/train .* paused/);
  terminal.keys('k');
  await terminal.until(/Kill train\? y: yes/);
  terminal.keys('y');
  await terminal.until(/train +killed +manual/);
  await terminal.until(/third +failed +dependency_failed/);
  await terminal.until(/RUNNING 0 +no task runs/);

  await home.run(['daemon-restart']);
  await submit(home, 'next', 'sleep 600');
  await terminal.until(/next .*\/32M/);

  terminal.keys('C-z');
  await terminal.until(/before\n(.*\n)*.*Stopped/);
  terminal.keys('fg', 'Enter');
  await terminal.until(/RUNNING 1/);
  terminal.keys('q');
  await terminal.until(/top\n\$\n/);
  terminal.keys('stty -a | grep -c " icanon.* echo "', 'Enter');
  await terminal.until(/echo "\n1\n/);
}

describe('top', { skip }, () => {
  it('shows what runs, what waits and why, and what ended, and acts on keys', async (t) => {
    const home = testHome(t);
    const env = { ...home.env, BABYSIT_NODE: process.execPath, LC_ALL: 'C.UTF-8', PS1: '$ ', NO_COLOR: '' };
    await inTmux(home.work, env, (terminal) => drive(home, terminal));
  });

  it('follows a task across a restart of the daemon and a new attempt, and reports why it cannot go on', async (t) => {
    const home = testHome(t);
    const env = { ...home.env, BABYSIT_NODE: process.execPath, LC_ALL: 'C.UTF-8', PS1: '$ ' };
    await inTmux(home.work, env, (terminal) => driveDetail(home, terminal));
  });

  it('needs a terminal', async (t) => {
    const home = testHome(t);
    const { code, stderr } = await home.run(['top']);
    assert.equal(code, 64);
    assert.match(stderr, /top needs a terminal/);
    assert.match(stderr, /babysit list --watch/);
  });
});
