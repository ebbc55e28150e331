// Cost of the hook before a shell command, with and without a start of Node.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { median } from './support/statistics.ts';

const HOOK = join(import.meta.dirname, '../hooks/no-sleep-babysit.sh');
const CALLS = 20;
/** One shell calls the hook CALLS times, so that the figure does not include starts from this process. */
const LOOP = `input=$1; shift; for ((i = 0; i < ${CALLS}; i++)); do "$@" <"$input" >/dev/null 2>&1; done; :`;

export async function hook({ isQuick, progress }: Run): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'bs-'));
  try {
    const rounds = isQuick ? 3 : 15;
    const other = inputFile(dir, 'git status --short && ls -la src');
    const ours = inputFile(dir, 'babysit run --name=tests --estimated_time=5m -- npm test');
    const poll = inputFile(dir, 'sleep 5 && babysit status tests');
    const bare: number[] = [];
    const passed: number[] = [];
    const passedOurs: number[] = [];
    const decided: number[] = [];
    const decidedCpu: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      bare.push(callMs(other, 'bash', '-c', ':'));
      passed.push(callMs(other, HOOK));
      passedOurs.push(callMs(ours, HOOK));
      decided.push(callMs(poll, HOOK));
      decidedCpu.push(cpuMs(poll, HOOK));
    }
    const versus = (name: string, values: readonly number[], aim: Row['aim']): Row =>
      row(name, 'ms', median(values), rounds * CALLS, {
        against: { what: 'bash -c :', value: median(bare) },
        ratio: median(values.map((value, i) => value / (bare[i] ?? Number.NaN))),
        aim,
      });
    return [
      versus('hook passes a command', passed, atMost(1.6, 'ratio')),
      versus('hook passes a babysit command', passedOurs, atMost(10)),
      versus('hook blocks a poll', decided, null),
      row('hook blocks a poll, CPU', 'ms', median(decidedCpu), rounds * CALLS, { aim: atMost(60) }),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes a file with the input that Claude Code gives its hooks. */
function inputFile(dir: string, command: string): string {
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

/** The CPU time of the hook and of all that it starts, as `times` prints it: 0m1.234s of user and of system. */
function cpuMs(input: string, program: string): number {
  const script = `${LOOP}; times`;
  const printed = execFileSync('bash', ['-c', script, 'bash', input, program], { encoding: 'utf8' });
  const children = printed.trim().split('\n').at(-1) ?? '';
  const spent = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, s]) => Number(minutes) * 60 + Number(s),
  );
  return (spent.reduce((sum, each) => sum + each, 0) * 1000) / CALLS;
}

function callMs(input: string, ...program: readonly string[]): number {
  const began = performance.now();
  execFileSync('bash', ['-c', LOOP, 'bash', input, ...program]);
  return (performance.now() - began) / CALLS;
}
