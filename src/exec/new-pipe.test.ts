// The pipe of a supervisor: of a here-string where bash keeps that in a pipe, else of a process substitution.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TOOLS } from '../../test/support/build/build-launch.ts';
import { SUPERVISOR } from './spawner.ts';

function bash(script: string, env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(TOOLS.bash, ['--norc', '-c', script], { env, encoding: 'utf8' }).trim();
}

const HAS_PROC = existsSync('/proc/self/fd');
const KEEPS_IN_PIPE = bash('exec 6<<<x; [ ! -p /proc/self/fd/6 ] || echo yes') === 'yes';
/** A reader that also holds the other end waits. The pid of a process substitution is in $!. */
const OPEN = `${SUPERVISOR}\nnew_pipe && exec 6<>/proc/self/fd/6 && read -r -t 0.01 -u 6 byte; echo "$? [$byte] \${!:+a process}"`;
/** Of a read that the time limit ends. */
const TIMED_OUT = 142;

describe('new_pipe', { skip: !HAS_PROC && 'needs /proc' }, () => {
  it('is empty and needs no process where a here-string is in a pipe', () =>
    assert.equal(bash(OPEN), `${TIMED_OUT} []${KEEPS_IN_PIPE ? '' : ' a process'}`));

  it('is empty where a here-string is in a file', () =>
    assert.equal(bash(OPEN, { BASH_COMPAT: '5.0' }), `${TIMED_OUT} [] a process`));
});
