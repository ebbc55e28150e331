// What the hook before each shell command costs: where it lets pass without starting Node, and where it must decide.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from './benchmark.ts';
import { atMost, type Row } from './row.ts';
import { median } from './statistics.ts';

const HOOK = join(import.meta.dirname, '../hooks/no-sleep-babysit.sh');
const CALLS = 20;
/** One shell calls CALLS times, so that the cost of starting a process from here is not part of the figure. */
const LOOP = `input=$1; shift; for ((i = 0; i < ${CALLS}; i++)); do "$@" <"$input" >/dev/null 2>&1; done; :`;

export async function hook({ isQuick, progress }: Run): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'bs-'));
  try {
    const rounds = isQuick ? 3 : 15;
    const other = told(dir, 'npm test && git status');
    const ours = told(dir, 'babysit run --name=tests --estimated_time=5m -- npm test');
    const poll = told(dir, 'sleep 5 && babysit status tests');
    const bare: number[] = [];
    const passed: number[] = [];
    const passedOurs: number[] = [];
    const decided: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      bare.push(callMs(other, 'bash', '-c', ':'));
      passed.push(callMs(other, HOOK));
      passedOurs.push(callMs(ours, HOOK));
      decided.push(callMs(poll, HOOK));
    }
    const row = (name: string, values: readonly number[], aim: Row['aim']): Row => ({
      name,
      unit: 'ms',
      ours: median(values),
      against: { what: 'bash -c :', value: median(bare) },
      ratio: median(values.map((value, i) => value / (bare[i] ?? Number.NaN))),
      aim,
      samples: rounds * CALLS,
    });
    return [
      row('hook lets a command pass', passed, atMost(3, 'ratio')),
      row('hook lets a babysit command pass', passedOurs, atMost(10)),
      row('hook blocks a poll', decided, null),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A file with what Claude Code tells its hooks. */
function told(dir: string, command: string): string {
  const file = join(dir, `${command.length}.json`);
  const request = {
    session_id: '0f0e7a4c-6d54-4f0e-9a57-0f1f54d1c0de',
    transcript_path: '/home/u/.claude/projects/p/0f0e7a4c.jsonl',
    cwd: '/home/u/p',
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command, description: 'A step of the work' },
  };
  writeFileSync(file, JSON.stringify(request));
  return file;
}

function callMs(input: string, ...program: readonly string[]): number {
  const began = performance.now();
  execFileSync('bash', ['-c', LOOP, 'bash', input, ...program]);
  return (performance.now() - began) / CALLS;
}
