// Nothing of the process that starts the daemon stays with it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

it('the daemon has no descriptor, limit, CPU set, priority, umask, ignored signal or personality of its starter', (t) => {
  const home = testHome(t);
  const lock = join(home.work, 'lock');
  const starter = `exec 200>'${lock}' 9>'${lock}'; flock 200
    ulimit -S -t 100; ulimit -S -f 1000; ulimit -S -n 300; umask 0; trap '' HUP PIPE QUIT USR2 RTMIN+3
    echo 700000000 >/proc/self/timerslack_ns; echo 0x7f >/proc/self/coredump_filter
    cpu=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/self/status)
    echo 400 >/proc/self/oom_score_adj; exec nice -n 7 chrt --idle 0 taskset -c "$cpu" setarch -R '${BABYSIT}' daemon-start`;
  const env = { ...home.env, BABYSIT_NODE: process.execPath };
  const { pid } = jsonLine(execFileSync('bash', ['-c', starter], { env, encoding: 'utf8' }));
  const proc = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  assert.equal(niceOf(proc('stat')), 0);
  const links = readdirSync(`/proc/${pid}/fd`).filter((fd) => fd === '9' || fd === '200');
  assert.doesNotMatch(proc('environ'), /BABYSIT_CALLER/);
  assert.equal(execFileSync('flock', ['-n', lock, 'echo', 'free'], { encoding: 'utf8' }), 'free\n');
  assert.ok(!links.includes('200'));
  assert.match(proc('limits'), /^Max cpu time +(\S+) +\1 /m);
  assert.match(proc('limits'), /^Max file size +(\S+) +\1 /m);
  assert.match(proc('limits'), /^Max open files +(\S+) +\1 /m);
  const listOf = (text: string, name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1];
  assert.equal(
    listOf(proc('status'), 'Cpus_allowed_list'),
    listOf(readFileSync('/proc/1/status', 'utf8'), 'Cpus_allowed_list'),
  );
  assert.equal(listOf(proc('status'), 'Umask'), '0077');
  const hupQuitUsr2 = (1n << 0n) | (1n << 2n) | (1n << 11n);
  const realtime = 0xffff_fffc_0000_0000n;
  assert.equal(BigInt(`0x${listOf(proc('status'), 'SigIgn')}`) & (hupQuitUsr2 | realtime), 0n);
  assert.equal(proc('personality'), '00000000\n');
  assert.equal(proc('timerslack_ns'), '50000\n');
  assert.equal(proc('coredump_filter'), readFileSync('/proc/1/coredump_filter', 'utf8'));
  assert.equal(Number(proc('oom_score_adj')), 0);
  assert.match(execFileSync('chrt', ['-p', String(pid)], { encoding: 'utf8' }), /SCHED_OTHER/);
});

it('a daemon whose starter may gain no privileges is replaced for a caller that may', async (t) => {
  const home = testHome(t);
  const env = { ...home.env, BABYSIT_NODE: process.execPath };
  execFileSync('setpriv', ['--no-new-privs', BABYSIT, 'daemon-start'], { env });
  await home.run(['run', ...SMALL, '--wait', '--name=look', '--command=grep NoNewPrivs /proc/self/status']);
  assert.match((await home.run(['log', 'look'])).stdout, /^NoNewPrivs:\t0$/m);
});

/** Field 19 of proc_pid_stat(5). */
function niceOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
}
