// Rotation: where it cuts; no byte is lost or repeated, also when it is interrupted at any call to the file system.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import fc from 'fast-check';
import { NEEDS_MOUNT } from '../../test/support/small-disk.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { isGroupStopped, signalGroup } from '../procfs/process/process-group.ts';
import { parseIdentity } from '../procfs/process/process-identity.ts';
import { packPart } from './pack.ts';
import { logParts } from './parts.ts';
import { type LogWriter, recoverRotation, rotateLog } from './rotate.ts';
import { supervisorWriter } from './stop-writer.ts';

const dir = join(tempDir({ after }), 'logs');
const log = join(dir, '1.log');
beforeEach(() => mkdirSync(dir));
afterEach(() => rmSync(dir, { recursive: true }));

const RULES = { maxBytes: 10, keep: 1000 };
const never = new AbortController().signal;
const NO_WRITER: LogWriter = { stop: async () => true, resume() {} };
const rotate = (rules = RULES, writer = NO_WRITER, moved: (start: number) => void = () => {}) =>
  rotateLog(log, rules, writer, moved);
const bytesOf = (path: string) =>
  path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
/** All bytes in order; fails when parts overlap or leave a gap. */
function everything(): Buffer {
  const parts = logParts(log);
  for (const [i, part] of parts.entries())
    assert.equal(part.start, parts[i - 1]?.end ?? 0, JSON.stringify(parts));
  return Buffer.concat(parts.filter(({ path }) => existsSync(path)).map(({ path }) => bytesOf(path)));
}
const text = (name: string) => readFileSync(join(dir, name), 'latin1');

describe('a rotation', () => {
  const L = 'line\n';
  /** The log before, the outcome, the current file after. */
  const TABLE: [string, string, string, string][] = [
    ['whole lines', L.repeat(3), 'rotated', ''],
    ['an unfinished last line', `${L.repeat(3)}unfin`, 'rotated', 'unfin'],
    ['only newlines', '\n'.repeat(12), 'rotated', ''],
    ['NUL bytes', 'a\0b\n\0\0\0\n\0', 'rotated', '\0'],
    ['CRLF', 'one\r\ntwo\r\nthree\r', 'rotated', 'three\r'],
    ['no newline', 'x'.repeat(40), 'long_line', 'x'.repeat(40)],
    ['no newline for longer than four parts', 'x'.repeat(41), 'rotated', ''],
    ['an unfinished line longer than the rest', `a\n${'x'.repeat(30)}`, 'long_line', `a\n${'x'.repeat(30)}`],
    ['an unfinished line as long as the rest', 'abc\nxxxx', 'rotated', 'xxxx'],
  ];
  for (const [what, content, outcome, rest] of TABLE)
    it(`of ${what}: ${outcome}`, async () => {
      writeFileSync(log, content);
      assert.equal(await rotate({ maxBytes: 10, keep: 5 }), outcome);
      assert.deepEqual([text('1.log'), everything().toString('latin1')], [rest, content]);
    });

  it('reports the new start of the current file, and names each part by its start', async () => {
    const starts: number[] = [];
    writeFileSync(log, '12\n34\n5');
    await rotate(RULES, NO_WRITER, (start) => starts.push(start));
    appendFileSync(log, '6\n');
    await rotate(RULES, NO_WRITER, (start) => starts.push(start));
    assert.deepEqual(starts, [6, 9]);
    assert.deepEqual(readdirSync(dir), ['1.log', '1.log.000000000000000', '1.log.000000000000006']);
    assert.equal(text('1.log.000000000000006'), '56\n');
  });

  it('splits a log that is too large into several parts of whole lines', async () => {
    writeFileSync(log, 'aaaa\nbbbb\ncccc\ndddd\neeee\n');
    await rotate();
    assert.deepEqual(
      logParts(log).map(({ start, end }) => end - start),
      [10, 10, 5, 0],
    );
  });

  it('keeps the newest parts of such a log, and a line that is longer than a part', async () => {
    writeFileSync(log, `${'old\n'.repeat(100)}${'x'.repeat(35)}\nlast\n`);
    await rotate({ maxBytes: 10, keep: 4 });
    const kept = logParts(log).filter(({ kind }) => kind === 'plain');
    assert.equal(kept.at(-1)?.end, 441);
    assert.equal(
      kept.map(({ path }) => readFileSync(path, 'latin1')).join(''),
      `old\nold\n${'x'.repeat(35)}\nlast\n`,
    );
  });

  it('changes nothing when the writer does not stop', async () => {
    writeFileSync(log, L.repeat(5));
    let isResumed = false;
    const stubborn = {
      stop: async () => false,
      resume: () => {
        isResumed = true;
      },
    };
    assert.equal(await rotate(RULES, stubborn), 'not_stopped');
    assert.deepEqual([readdirSync(dir), text('1.log'), isResumed], [['1.log'], L.repeat(5), true]);
  });

  it('includes output that came while it copied', async () => {
    writeFileSync(log, 'one\ntwo\nthr');
    const late = {
      ...NO_WRITER,
      stop: async () => {
        appendFileSync(log, 'ee\nfour\nfi');
        return true;
      },
    };
    await rotate(RULES, late);
    assert.deepEqual([text('1.log'), everything().toString()], ['fi', 'one\ntwo\nthree\nfour\nfi']);
  });

  it('rejects and changes nothing when the disk is full', {
    skip: NEEDS_MOUNT,
  }, async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir]);
    try {
      const lines = L.repeat(150_000);
      writeFileSync(log, lines);
      await assert.rejects(rotate({ maxBytes: 100_000, keep: 100 }), { code: 'ENOSPC' });
      assert.deepEqual([readdirSync(dir), text('1.log') === lines], [['1.log'], true]);
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});

describe('any chunks with any rotations between them', () => {
  const chunk = fc
    .array(fc.constantFrom('\n', 'a', 'bcd', '\r\n', '\0', 'é', 'x'.repeat(30)), { maxLength: 12 })
    .map((parts) => Buffer.from(parts.join('')));
  const step = fc.oneof(chunk, fc.constantFrom('rotate' as const, 'pack' as const));

  it('are the same bytes in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        for (const name of readdirSync(dir)) rmSync(join(dir, name));
        writeFileSync(log, '');
        const written: Buffer[] = [];
        for (const one of steps)
          if (one === 'rotate') {
            if (readFileSync(log).length > 0) await rotate();
          } else if (one === 'pack') {
            const plain = logParts(log).find(({ kind }) => kind === 'plain');
            if (plain !== undefined) await packPart(plain.path, never);
          } else {
            written.push(one);
            appendFileSync(log, one);
          }
        assert.deepEqual(everything(), Buffer.concat(written));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a rotation that is interrupted', () => {
  // Kills itself at the n-th call to the file system; those of the module loader come before. One file, because each of
  // some forty runs would translate the sources anew.
  const CHILD = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const [log, killAt] = [process.argv[2], Number(process.argv[3])];
    import { rotateLog } from './rotate.ts';
    import { packPart } from './pack.ts';
    let calls = 0;
    const counted = (call) => function (...args) {
      calls += 1;
      if (calls === killAt) process.kill(process.pid, 'SIGKILL');
      return call.apply(this, args);
    };
    const probe = await fs.promises.open(log);
    const handle = Object.getPrototypeOf(probe);
    await probe.close();
    for (const name of ['read', 'write', 'writeFile', 'truncate', 'datasync', 'stat', 'close'])
      handle[name] = counted(handle[name]);
    for (const name of ['openSync', 'closeSync', 'fstatSync', 'ftruncateSync', 'readSync', 'writeSync',
      'readFileSync', 'readdirSync', 'renameSync', 'rmSync', 'open', 'write', 'rename', 'unlink'])
      fs[name] = counted(fs[name]);
    for (const name of ['open', 'rename', 'rm', 'access']) fs.promises[name] = counted(fs.promises[name]);
    syncBuiltinESMExports();
    const writer = { stop: async () => true, resume() {} };
    const outcome = await rotateLog(log, { maxBytes: 10, keep: 1000 }, writer, () => {});
    await packPart(log + '.000000000000000', new AbortController().signal);
    console.log(outcome, calls);
  `;
  const child = join(dirname(dir), 'child.mjs');
  before(() =>
    build({
      stdin: { contents: CHILD, resolveDir: import.meta.dirname },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: child,
    }),
  );
  const interruptAt = (call: number) =>
    spawnSync(process.execPath, [child, log, String(call)], { encoding: 'utf8' });

  it('loses nothing and repeats nothing, at any call', async () => {
    const content = `one\r\ntwo\nthree\nfour\n\n\0six\nseven`;
    let call = 1;
    let interrupted: ReturnType<typeof interruptAt>;
    do {
      for (const name of readdirSync(dir)) rmSync(join(dir, name));
      writeFileSync(log, content);
      interrupted = interruptAt(call);
      recoverRotation(log);
      assert.equal(everything().toString(), content, `interrupted at call ${call}`);
      const strangers = readdirSync(dir).filter((name) => !/^1\.log(\.\d{15}(\.gz)?)?$/.test(name));
      assert.deepEqual(strangers, [], `interrupted at call ${call}`);
      appendFileSync(log, '!\n');
      assert.equal(await rotate(), 'rotated');
      assert.equal(
        everything().toString(),
        `${content}!\n`,
        `interrupted at call ${call}, and rotated again`,
      );
      call += 1;
    } while (interrupted.signal === 'SIGKILL');
    assert.match(interrupted.stdout, /^rotated \d+\n$/, interrupted.stderr);
    assert.ok(call > 30, `only ${call} calls were seen`);
  });
});

describe('a writer that is a process', () => {
  it('is stopped and continued also when its supervisor was killed', async (t) => {
    const supervisor = spawn('bash', ['-c', 'sleep 600 & echo; wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await once(supervisor.stdout, 'data');
    const identity = parseIdentity(readFileSync(`/proc/${supervisor.pid}/stat`, 'utf8'));
    const groupId = identity?.groupId;
    assert.ok(identity !== null && groupId != null);
    t.after(() => signalGroup(groupId, 'SIGKILL'));
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    const writer = supervisorWriter(identity);
    assert.ok(await writer.stop());
    assert.ok(isGroupStopped(groupId));
    writer.resume();
    assert.ok(!isGroupStopped(groupId));
    signalGroup(groupId, 'SIGKILL');
    await waitUntil(() => !signalGroup(groupId, 'SIGCONT'), { what: 'the writer to go' });
    assert.ok(await writer.stop());
  });

  it('is stopped for the rotation only: numbered lines at full speed', async () => {
    // As the supervisor does: a process group of its own, in which cat copies into the log.
    const script = `
      echo $$ >"$1.pid"; read -r stat </proc/self/stat; echo "$stat" >"$1.stat"
      for ((i = 1; ; i += 100000)); do
        [ ! -e "$1.enough" ] || break
        seq $i $((i + 99999))
      done | cat >>"$1"`;
    const child = spawn('bash', ['-c', script, 'bash', log], { detached: true, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const stat = `${log}.stat`;
    const enough = `${log}.enough`;
    await waitUntil(() => existsSync(stat) && readFileSync(stat, 'utf8').endsWith('\n'), {
      what: 'the writer',
    });
    const identity = parseIdentity(readFileSync(stat, 'utf8'));
    assert.ok(identity !== null);
    rmSync(stat);
    rmSync(`${log}.pid`);
    const writer = supervisorWriter(identity);
    const rules = { maxBytes: 500_000, keep: 1000 };
    const isLong = () => existsSync(log) && statSync(log).size > rules.maxBytes;
    // Without a pause between the rotations: the log grows by tens of megabytes a second.
    for (let [rotations, tries] = [0, 0]; rotations < 3; tries += 1) {
      assert.ok(tries < 100, 'the writer does not stop');
      await waitUntil(isLong, { what: 'output to rotate' });
      if ((await rotate(rules, writer)) === 'rotated') rotations += 1;
    }
    writeFileSync(enough, '');
    await ended;
    rmSync(enough);
    const printed = everything().toString();
    const last = Number(printed.slice(printed.lastIndexOf('\n', printed.length - 2) + 1));
    assert.ok(last > 0 && last % 100_000 === 0, `the last line is ${last}`);
    const expected = Array.from({ length: last }, (_, i) => `${i + 1}\n`).join('');
    assert.ok(printed === expected, 'the lines are not those that were printed');
  });
});
