// Lines of real programs with the progress in them, and lines without progress.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLine } from './read-line.ts';

/** done/total or pct, then the other fields of the line. */
interface Said {
  readonly of?: readonly [number, number | null];
  readonly pct?: number;
  readonly phase?: string;
  readonly eta_s?: number;
  readonly failed?: number;
  readonly note?: string;
}

const PROGRESS: readonly (readonly [from: string, line: string, said: Said])[] = [
  // The forms of the contract.
  ['contract', '[3/42]', { of: [3, 42] }],
  ['contract', '42%', { pct: 42 }],
  ['contract', 'ETA ~3m', { eta_s: 180 }],
  ['contract', 'loss=1.2e-4', { note: 'loss=1.2e-4' }],
  ['contract', '3 of 42', { of: [3, 42] }],
  // Build tools.
  ['ninja', '[3/42] Building CXX object CMakeFiles/foo.dir/src/3/42.cc.o', { of: [3, 42] }],
  ['ninja', '[1234/5678] Linking CXX executable foo-1.2.3', { of: [1234, 5678] }],
  ['cmake', '[ 42%] Building CXX object src/CMakeFiles/foo.dir/bar.cc.o', { pct: 42 }],
  ['cmake', '[100%] Built target foo', { pct: 100 }],
  ['cargo', '    Building [=====>                     ] 42/100: serde_derive, syn', { of: [42, 100] }],
  [
    'cargo',
    'test result: ok. 41 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s',
    { of: [42, 42], failed: 1 },
  ],
  ['bazel', '[1,234 / 5,678] 8 actions running', { of: [1234, 5678] }],
  ['gradle', '<=====--------> 42% EXECUTING [12s]', { pct: 42 }],
  ['yarn', '[3/4] Linking dependencies...', { of: [3, 4] }],
  ['docker', 'Step 3/12 : RUN make -j4', { of: [3, 12] }],
  ['docker', '#12 [stage-1 3/7] RUN npm ci', { of: [3, 7], phase: 'stage-1' }],
  ['docker', '#9 [linux/amd64 builder 2/5] COPY . .', { of: [2, 5], phase: 'linux/amd64 builder' }],
  ['docker', '#5 [2/4] COPY go.mod go.sum ./', { of: [2, 4] }],
  [
    'docker',
    ' => [stage-1 3/7] RUN npm ci                                     1.2s',
    { of: [3, 7], phase: 'stage-1' },
  ],
  ['docker', '[+] Building 12.3s (5/12)', { of: [5, 12] }],
  ['docker', 'a3ed95caeb02: Downloading [=====>                  ]  12.3MB/45.6MB', { pct: 27 }],
  // Package managers.
  [
    'pip',
    '     ━━━━━━━━━━━╸━━━━━━━━━━━━━━━━━━━━━━━━━ 12.3/45.6 MB 10.2 MB/s eta 0:00:04',
    { pct: 27, eta_s: 4 },
  ],
  [
    'pip',
    '     \u001b[38;5;70m━━━━━━━━━━━━━━━━━━━━━━\u001b[0m \u001b[32m2.0/2.0 MB\u001b[0m \u001b[31m9.1 MB/s\u001b[0m eta \u001b[36m0:00:00\u001b[0m',
    { pct: 100, eta_s: 0 },
  ],
  ['apt', 'Progress: [ 42%] [########################................................]', { pct: 42 }],
  [
    'apt',
    '42% [3 libfoo1 12.3 kB/45.6 kB 27%]                        1,234 kB/s 12s',
    { pct: 42, eta_s: 12 },
  ],
  ['apt', 'Reading package lists... 42%', { pct: 42 }],
  ['apt', '(Reading database ... 42%', { pct: 42 }],
  ['pacman', '( 3/42) installing linux-firmware', { of: [3, 42] }],
  ['dnf', '(3/42): glibc-2.39-1.fc40.x86_64.rpm         12 MB/s | 2.1 MB     00:00', { of: [3, 42] }],
  // Transfers.
  ['rsync', '  1,234,567,890  42%   10.21MB/s    0:02:12', { pct: 42, eta_s: 132 }],
  ['rsync', '         32,768 100%    1.02MB/s    0:00:00 (xfr#5, to-chk=169/396)', { of: [227, 396] }],
  ['rsync', '        1.23G  42%   98.76MB/s    0:00:17', { pct: 42, eta_s: 17 }],
  [
    'wget',
    'debian.iso           42%[=======>            ]   1.23G  10.2MB/s    eta 2m 30s',
    { pct: 42, eta_s: 150 },
  ],
  [
    'wget',
    '  3100K .......... .......... .......... .......... ..........  42% 10.2M 2m30s',
    { pct: 42, eta_s: 150 },
  ],
  ['wget', ' 12300K .......... ......                                     100% 12.3M=3.1s', { pct: 100 }],
  [
    'curl',
    ' 42 1024M   42  430M    0     0  10.2M      0  0:01:40  0:00:42  0:00:58 10.1M',
    { pct: 42, eta_s: 58 },
  ],
  ['curl', '  0  100M    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0', { pct: 0 }],
  ['curl', '######################                                     42.0%', { pct: 42 }],
  [
    'git',
    'Receiving objects:  42% (1234/2938), 12.30 MiB | 10.20 MiB/s',
    { of: [1234, 2938], phase: 'Receiving objects' },
  ],
  ['git', 'remote: Counting objects: 100% (123/123), done.', { of: [123, 123], phase: 'Counting objects' }],
  ['git', 'Resolving deltas:   3% (42/1400)', { of: [42, 1400], phase: 'Resolving deltas' }],
  ['git', 'Updating files:  42% (420/1000)', { of: [420, 1000], phase: 'Updating files' }],
  [
    'restic',
    '[0:42] 42.00%  123 files 1.234 GiB, total 396 files 2.938 GiB, 1 errors ETA 0:58',
    { pct: 42, failed: 1, eta_s: 58 },
  ],
  ['aws', 'Completed 12.3 MiB/45.6 MiB (10.2 MiB/s) with 1 file(s) remaining', { pct: 27 }],
  ['aws', 'Completed 512.0 KiB/~1.0 GiB (1.1 MiB/s) with ~42 file(s) remaining (calculating...)', { pct: 0 }],
  [
    'scp',
    'debian.iso                                 42%  430MB  10.2MB/s   00:58 ETA',
    { pct: 42, eta_s: 58 },
  ],
  // Tests.
  ['pytest', 'tests/test_store.py::test_opens PASSED                              [ 42%]', { pct: 42 }],
  ['pytest', 'tests/test_store.py .....F...s                                      [  9%]', { pct: 9 }],
  ['pytest-xdist', '[gw0] [ 42%] PASSED tests/test_store.py::test_opens ', { pct: 42 }],
  ['pytest', '========== 3 failed, 39 passed, 2 skipped in 12.34s ==========', { of: [42, 42], failed: 3 }],
  ['pytest', '42 passed in 1.23s', { of: [42, 42], failed: 0 }],
  ['jest', 'Tests:       1 failed, 41 passed, 42 total', { of: [42, 42], failed: 1 }],
  // Machine learning.
  ['tqdm', ' 42%|████▏     | 42/100 [00:10<00:14,  4.15it/s]', { of: [42, 100], eta_s: 14 }],
  [
    'tqdm',
    'Downloading shards:  50%|█████     | 1/2 [01:00<01:00, 60.12s/it]',
    { of: [1, 2], eta_s: 60, phase: 'Downloading shards' },
  ],
  ['tqdm', '100%|██████████| 1.20G/1.20G [00:42<00:00, 28.5MB/s]', { pct: 100, eta_s: 0 }],
  ['tqdm', '  0%|          | 0/100 [00:00<?, ?it/s]', { of: [0, 100] }],
  ['tqdm', 'rows: 42it [00:10,  4.15it/s]', { of: [42, null], phase: 'rows' }],
  [
    'tqdm',
    'train: 7%|7         | 7/100 [1:02:03<13:44:21, 531.8s/it, loss=0.31, acc=0.9]',
    { of: [7, 100], eta_s: 49_461, phase: 'train', note: 'loss=0.31 acc=0.9' },
  ],
  ['keras', 'Epoch 3/10', { of: [3, 10], phase: 'Epoch 3/10' }],
  [
    'keras 2',
    ' 42/100 [===========>..................] - ETA: 12s - loss: 0.3120 - accuracy: 0.9012',
    { of: [42, 100], eta_s: 12, note: 'loss=0.3120 accuracy=0.9012' },
  ],
  [
    'keras 3',
    '\u001b[1m 42/100\u001b[0m \u001b[32m━━━━━━━━\u001b[0m\u001b[37m━━━━━━━━━━━━\u001b[0m \u001b[1m12s\u001b[0m 210ms/step - accuracy: 0.9012 - loss: 0.3120',
    { of: [42, 100], eta_s: 12, note: 'accuracy=0.9012 loss=0.3120' },
  ],
  [
    'keras 3',
    '100/100 ━━━━━━━━━━━━━━━━━━━━ 21s 210ms/step - loss: 0.3',
    { of: [100, 100], note: 'loss=0.3' },
  ],
  [
    'lightning',
    'Epoch 3:  42%|████▏     | 42/100 [00:10<00:14,  4.15it/s, v_num=0, train_loss=0.310]',
    { of: [42, 100], eta_s: 14, phase: 'Epoch 3', note: 'train_loss=0.310' },
  ],
  [
    'lightning',
    'Epoch 3/9  ━━━━━━━━━━━━━━━━ 42/100 0:00:10 • 0:00:14 4.15it/s v_num: 0.000 train_loss: 0.31',
    { of: [42, 100], eta_s: 14, phase: 'Epoch 3/9', note: 'train_loss=0.31' },
  ],
  [
    'pytorch',
    'Train Epoch: 3 [1280/60000 (2%)]\tLoss: 0.312345',
    { of: [1280, 60000], phase: 'Train Epoch 3', note: 'Loss=0.312345' },
  ],
  [
    'pytorch',
    'Epoch: [3][ 42/5005]\tTime  0.312 ( 0.412)\tLoss 6.2e+00 (6.9e+00)\tAcc@1   0.00',
    { of: [42, 5005], phase: 'Epoch 3', note: 'Loss=6.2e+00' },
  ],
  [
    'pytorch',
    'Epoch 3/10, Step 42/100, loss: 1.2e-4, lr: 1e-3',
    { of: [42, 100], phase: 'Epoch 3/10', note: 'loss=1.2e-4' },
  ],
  ['training', 'step 300/1000 | loss 3.1', { of: [300, 1000], note: 'loss=3.1' }],
  ['xgboost', '[42]\ttrain-rmse:0.31\teval-rmse:0.42', { note: 'train-rmse=0.31 eval-rmse=0.42' }],
  // Scripts and loggers.
  ['script', 'Processing item 3/42: foo.txt', { of: [3, 42] }],
  ['script', 'Processed 1,234 of 5,678 records, 12 failed', { of: [1234, 5678], failed: 12 }],
  ['script', '3/42 files copied', { of: [3, 42] }],
  ['script', 'batch 3 of 42 done, about 3m 20s left', { of: [3, 42], eta_s: 200 }],
  ['script', 'item #3/42', { of: [3, 42] }],
  ['script', 'Progress: 42.5% (ETA: 1h 2m)', { pct: 42.5, eta_s: 3720 }],
  ['script', '42% complete, time remaining: 0:12:30', { pct: 42, eta_s: 750 }],
  ['script', 'Converting image 3 of 42', { of: [3, 42] }],
  ['script', 'Encoding: 42.1 %', { pct: 42.1 }],
  ['script', '[####......] 42%', { pct: 42 }],
  ['python', '2026-11-21 14:30:00,123 - worker.main - INFO - [3/42] a.txt', { of: [3, 42] }],
  ['python', '2026-11-21T14:30:00.123Z INFO Processed 3/42', { of: [3, 42] }],
  ['go', '2026/11/21 14:30:00 [3/42] fetched', { of: [3, 42] }],
  ['syslog', 'Nov 21 14:30:00 host worker[123]: 42% done', { pct: 42 }],
  ['klog', 'I1121 14:30:00.123456       1 main.go:42] processed 3/42 shards', { of: [3, 42] }],
  ['seconds', '[14:30:05] 3/42', { of: [3, 42] }],
];

const NOTHING: readonly string[] = [
  // Dates, times, versions, addresses, paths.
  '2026-11-21 14:30:00 starting',
  '11/21/2026 10:00:00 started',
  '2026/11/21 14:30:00 listening on :8080',
  '21/Nov/2026:14:30:00 "GET /items/3/42 HTTP/1.1" 200 42',
  'reading /data/3/42/part-00003',
  'https://example.org/a/3/42?x=100%25',
  'Downloading https://files.example.org/packages/12/34/foo-1.2.3-py3-none-any.whl (1.2 MB)',
  'Collecting numpy==1.26.4 (from -r requirements.txt (line 3))',
  'route 10.0.0.0/8 via 192.168.1.1/24',
  'Python 3.12.1 (main, Nov 21 2026, 14:30:00)',
  'PASS 3.42.1/4.0.0 compatible',
  'deadline 12/24',
  // Percentages of other things.
  '5 packets transmitted, 5 received, 0% packet loss, time 4005ms',
  '/dev/sda1        50G   21G   27G  44% /',
  'tmpfs  100% /run/lock',
  '%Cpu(s): 42.0 us,  3.0 sy, 55.0 id',
  'CPU usage 42%, memory 63%',
  'TOTAL                  1234    123    90%',
  'src/store.py             42      3    93%   12-14',
  'coverage: 42.1% of statements',
  'Statements   : 92.3% ( 1200/1300 )',
  ' rename {src => lib}/store.ts (100%)',
  'similarity index 98%',
  ' src/store.ts | 42 ++++++----',
  'load average: 0.42, 0.30, 0.20',
  'cache hit rate 99.3%',
  'Warning: disk is 91% full',
  '100% of 3 monkeys agree',
  'saved 42% by compression',
  'discount 10%, tax 19%',
  '| size | 42% | 3/4 |',
  // Counts of other things.
  '3 of 42 tests failed',
  '2/3 failed',
  'Retry attempt 2/5',
  "make[1]: Entering directory '/src/3/42'",
  'make: *** [Makefile:3: all] Error 2',
  'gcc -O2 -c foo.c -o foo.o',
  'added 120 packages, and audited 121 packages in 3s',
  'npm warn deprecated inflight@1.0.6: This module is not supported',
  'npm http fetch GET 200 https://registry.example.org/foo 42ms (cache hit)',
  'Get:3 http://deb.debian.org/debian bookworm/main amd64 libfoo1 amd64 1.2-3 [123 kB]',
  'Unpacking libfoo1:amd64 (1.2-3) over (1.2-2) ...',
  'Setting up libc6 (2.36-9+deb12u9) ...',
  'Reading package lists... Done',
  '   Compiling serde v1.0.130',
  '    Finished dev [unoptimized + debuginfo] target(s) in 12.3s',
  'running 42 tests',
  'test store::opens ... ok',
  'frame=  123 fps= 25 q=28.0 size=    1024kB time=00:00:04.92 bitrate=1705.1kbits/s speed=1.01x',
  'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4',
  'eta=0.1 gamma=0.3 max_depth=6',
  'use 1/2 cup of sugar',
  'ratio 3/4, aspect 16/9',
  'scaled to 2/3 replicas',
  'pid 3/42',
  'and 24/7 support',
  'Elapsed 0:00:42',
  'error 42',
  'Traceback (most recent call last):',
  '-----BEGIN CERTIFICATE-----',
  '',
];

const round = (value: number) => Math.round(value * 10) / 10;

function said(line: string): Said | null {
  const reading = readLine(line);
  if (reading === null) return null;
  const { count, phase, etaMs, failed, note } = reading;
  return {
    ...(count === undefined
      ? {}
      : count.done === null
        ? { pct: round((count.fraction ?? -1) * 100) }
        : { of: [count.done, count.total] as const }),
    ...(phase == null ? {} : { phase }),
    ...(etaMs == null ? {} : { eta_s: etaMs / 1000 }),
    ...(failed == null ? {} : { failed }),
    ...(note == null ? {} : { note }),
  };
}

describe('a line of output', () => {
  for (const [from, line, expected] of PROGRESS)
    it(`${from}: ${line.trim().slice(0, 70)}`, () => assert.deepEqual(said(line), expected));
});

describe('a line without progress', () => {
  for (const line of NOTHING) it(line.slice(0, 80) || '(empty)', () => assert.equal(said(line), null));
});
