// The diagnosis of a silent task.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MIB } from '../../test/support/build/build-task.ts';
import { diagnoseStall, type ProcessEvidence, type StallRisk, withEvidence } from './stall.ts';

function aProcess(changes: Partial<ProcessEvidence> = {}): ProcessEvidence {
  return { pid: 42, name: 'make', state: 'S', wchan: 'do_wait', awaits: null, ...changes };
}
const reader = aProcess({ pid: 43, name: 'ssh', wchan: 'n_tty_read', awaits: 'terminal' });
const blocked = aProcess({ pid: 44, name: 'cp', state: 'D', wchan: 'nfs_wait_bit_killable' });

describe('the diagnosis of a stall', () => {
  const TABLE: [string, Parameters<typeof diagnoseStall>[0], string][] = [
    ['CPU in use', { cpuCores: 1.024, ioBytesPerS: 0, processes: [aProcess()] }, 'busy: using 1.02 cores'],
    [
      'CPU in use beside a process that waits for input',
      { cpuCores: 2, ioBytesPerS: 0, processes: [reader] },
      'busy: using 2 cores',
    ],
    [
      'a process that reads a terminal',
      { cpuCores: 0, ioBytesPerS: 0, processes: [aProcess(), reader, blocked] },
      'stdin: ssh (pid 43, in n_tty_read) waits for input from a terminal',
    ],
    [
      'IO in the counters',
      { cpuCores: 0.01, ioBytesPerS: 3 * MIB, processes: [aProcess()] },
      'io: reading and writing 3M/s',
    ],
    [
      'a process that no signal wakes',
      { cpuCores: 0, ioBytesPerS: null, processes: [aProcess(), blocked] },
      'io: cp (pid 44, in nfs_wait_bit_killable) waits for a device or network file system',
    ],
    [
      'a stopped process',
      {
        cpuCores: 0,
        ioBytesPerS: null,
        processes: [aProcess(), aProcess({ pid: 45, state: 'T', wchan: null })],
      },
      'stopped: make (pid 45) was stopped by a signal or a debugger',
    ],
    [
      'nothing but sleep',
      {
        cpuCores: 0.05,
        ioBytesPerS: 64 * 1024,
        processes: [aProcess(), aProcess({ pid: 46, name: 'sleep', wchan: 'hrtimer_nanosleep' })],
      },
      'idle: 2 processes sleep, the youngest is sleep (pid 46, in hrtimer_nanosleep)',
    ],
    [
      'a sleep that ends by itself',
      {
        cpuCores: 0,
        ioBytesPerS: null,
        processes: [
          aProcess({ pid: 48, name: 'solver', wchan: 'hrtimer_nanosleep' }),
          aProcess({ pid: 49, wchan: 'pipe_read' }),
        ],
      },
      'idle: solver (pid 48, in hrtimer_nanosleep) sleeps on a timer, and its output may still be in a buffer',
    ],
    [
      'a zombie beside a sleeper',
      { cpuCores: 0, ioBytesPerS: null, processes: [aProcess(), aProcess({ pid: 47, state: 'Z' })] },
      'idle: 1 process sleeps, the youngest is make (pid 42, in do_wait)',
    ],
    ['no processes', { cpuCores: 0, ioBytesPerS: null, processes: [] }, 'idle: using no CPU'],
    [
      'computing until a moment ago',
      { cpuCores: 0, ioBytesPerS: null, processes: [aProcess()], silence: { cpuS: 14.8, ms: 15_000 } },
      'busy: using 0.99 cores; 14.8 s of CPU in 15 s, so it computes silently',
    ],
    [
      'a hang',
      {
        cpuCores: 0,
        ioBytesPerS: null,
        processes: [aProcess({ wchan: 'futex_wait_queue' })],
        silence: { cpuS: 0.02, ms: 15_000 },
      },
      'idle: 1 process sleeps, the youngest is make (pid 42, in futex_wait_queue); 0.02 s of CPU in 15 s',
    ],
    ['nothing', { cpuCores: null, ioBytesPerS: null, processes: [] }, 'unknown: nothing could be measured'],
  ];
  for (const [what, evidence, text] of TABLE)
    it(`from ${what}: ${text}`, () => {
      const diagnosis = diagnoseStall(evidence);
      assert.equal(diagnosis.text, text);
      assert.ok(diagnosis.text.startsWith(`${diagnosis.kind}:`) && diagnosis.hint.length > 20);
    });

  it('names the remedies for block-buffered output when that may be the cause', () => {
    const asleep = aProcess({ wchan: 'hrtimer_nanosleep' });
    for (const evidence of [
      { cpuCores: 1, ioBytesPerS: 0, processes: [] },
      { cpuCores: 0, ioBytesPerS: 0, processes: [asleep] },
    ])
      assert.match(diagnoseStall(evidence).hint, /block-buffered.*--pty.*stdbuf -oL/);
  });

  it('is added to the warning with the last line and its age', () => {
    const risk: StallRisk = {
      event: 'stall_risk',
      silent_s: 240,
      kill_in_s: 60,
      diagnosis: 'idle',
      last_line: null,
      last_line_age_s: null,
      hint: '',
    };
    const warning = withEvidence(risk, {
      cpuCores: 0,
      ioBytesPerS: null,
      processes: [reader],
      lastLine: 'Password:',
      lastLineAgeMs: 240_400,
    });
    assert.deepEqual([warning.last_line, warning.last_line_age_s, warning.kill_in_s], ['Password:', 240, 60]);
    assert.match(warning.diagnosis, /^stdin: ssh/);
    assert.match(warning.hint, /--yes/);
  });
});
