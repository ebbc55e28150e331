// The checkpoint manifest: many writers, crashes in the middle of a write, odd keys; and the command around it.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import {
  addKeys,
  checkKey,
  doneKeys,
  forgetAll,
  forgetKeys,
  missingKeys,
} from '../../cli/checkpoint-manifest.ts';
import { BABYSIT, jsonLine, runCli } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const SOURCE = join(import.meta.dirname, '../../cli/checkpoint-manifest.ts');

/** A process of its own that adds `<writer>/<n>` for n from 0, one call each, and prints n once it is added. */
function startWriter(t: TestContext, dir: string, writer: string, count: number): ChildProcess {
  const script = `
    const { addKeys } = await import(${JSON.stringify(SOURCE)});
    const { writeSync } = await import('node:fs');
    for (let n = 0; n < ${count}; n += 1) {
      addKeys(${JSON.stringify(dir)}, ['${writer}/' + n]);
      writeSync(1, n + '\\n');
    }`;
  const child = spawn(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => void child.kill('SIGKILL'));
  return child;
}

/** A key of one line, of what people and programs come up with. */
const aKey = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((key) => {
  try {
    checkKey(key);
    return true;
  } catch {
    return false;
  }
});

describe('the manifest', () => {
  it('keeps every key of 50 concurrent writers with 12 keys each', async (t) => {
    const dir = tempDir(t);
    const writers = Array.from({ length: 50 }, (_, n) => startWriter(t, dir, `w${n}`, 12));
    for (const writer of writers) writer.stdout?.resume();
    const codes = await Promise.all(
      writers.map(async (writer) => (await once(writer, 'close'))[0] as number | null),
    );
    assert.deepEqual(new Set(codes), new Set([0]));
    const expected = writers.flatMap((_, w) => Array.from({ length: 12 }, (_, n) => `w${w}/${n}`));
    assert.deepEqual([...doneKeys(dir)].sort(), expected.sort());
    assert.equal(readFileSync(join(dir, 'manifest'), 'utf8').split('\n').length, expected.length + 1);
  });

  it('holds every acknowledged key and no other after SIGKILL at random moments', async (t) => {
    const dir = tempDir(t);
    const acknowledged = new Set<string>();
    for (let round = 0; round < 6; round += 1) {
      const writer = startWriter(t, dir, `w${round}`, 1_000_000);
      const killAfter = 1 + Math.floor(Math.random() * 60);
      assert.ok(writer.stdout);
      for await (const line of createInterface({ input: writer.stdout })) {
        acknowledged.add(`w${round}/${line}`);
        if (line === String(killAfter)) writer.kill('SIGKILL');
      }
      const done = doneKeys(dir);
      assert.deepEqual(
        [...acknowledged].filter((key) => !done.has(key)),
        [],
      );
      // At most the one under way when the signal came was added without having been acknowledged.
      assert.ok(done.size - acknowledged.size <= round + 1);
      for (const key of done) assert.match(key, /^w\d\/\d+$/);
    }
  });

  it('reads no torn record as a key, and keeps the next record intact', (t) => {
    const dir = tempDir(t);
    const path = join(dir, 'manifest');
    const torn = Buffer.from('\tgrün-42\n\x18first\n');
    const wholeKeys = ['first', 'grün-42'];
    for (let cut = 0; cut < torn.length; cut += 1) {
      forgetAll(dir);
      addKeys(dir, ['first']);
      appendFileSync(path, torn.subarray(0, cut));
      const known = [...doneKeys(dir)];
      assert.ok(
        known.every((key) => wholeKeys.includes(key)),
        `cut at ${cut}: ${known}`,
      );
      assert.equal(known.includes('grün-42'), cut >= torn.indexOf('\n') + 1);
      addKeys(dir, ['next']);
      assert.deepEqual([...doneKeys(dir)], [...known, 'next'], `cut at ${cut}`);
    }
  });

  it('keeps the last change of each key, for any keys and any torn writes', (t) => {
    // Each run removes it, and the last run may not make it again.
    const dir = join(tempDir(t), 'checkpoint');
    const step = fc.record({
      keys: fc.array(aKey, { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom('add', 'forget', 'torn'),
      cut: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        rmSync(dir, { recursive: true, force: true });
        const expected = new Set<string>();
        for (const { keys, kind, cut } of steps) {
          if (kind === 'torn') {
            addKeys(dir, []);
            const record = Buffer.from(`\t${keys[0]}`);
            appendIfThere(join(dir, 'manifest'), record.subarray(0, cut % (record.length + 1)));
            continue;
          }
          if (kind === 'add') addKeys(dir, keys);
          else forgetKeys(dir, keys);
          for (const key of keys)
            if (kind === 'add') expected.add(key);
            else expected.delete(key);
        }
        assert.deepEqual(doneKeys(dir), expected);
        const all = steps.flatMap(({ keys }) => keys);
        const missing = all.filter((key) => !expected.has(key));
        assert.deepEqual(missingKeys(dir, all), missing);
        assert.deepEqual(
          all.flatMap((key) => missingKeys(dir, [key])),
          missing,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('ignores the zeros that a power cut may leave', (t) => {
    const dir = tempDir(t);
    writeFileSync(join(dir, 'manifest'), Buffer.concat([Buffer.from('\ta\n'), Buffer.alloc(64)]));
    addKeys(dir, ['b']);
    assert.deepEqual([...doneKeys(dir)], ['a', 'b']);
  });

  it('accepts any text of one line as a key and refuses the rest', () => {
    for (const key of [
      ' ',
      'a b',
      '-x',
      '-',
      'ключ',
      '日本',
      '👩‍👩‍👧',
      'a/b/../c',
      '"',
      '\\n',
      'x'.repeat(4096),
    ])
      assert.equal(checkKey(key), key);
    for (const key of [
      '',
      'a\nb',
      'a\tb',
      'a\r',
      '\x18',
      '\0',
      'x'.repeat(4097),
      'ü'.repeat(2049),
      '\ufffd',
      '\ud800',
    ])
      assert.throws(() => checkKey(key), { code: 'usage' }, JSON.stringify(key));
  });
});

function appendIfThere(path: string, bytes: Buffer): void {
  try {
    readFileSync(path);
  } catch {
    return;
  }
  appendFileSync(path, bytes);
}

describe('babysit checkpoint', () => {
  it('adds, has, lists and forgets, without a daemon', async (t) => {
    const dir = tempDir(t);
    const env = { BABYSIT_CHECKPOINT_DIR: join(dir, 'made/at/need'), BABYSIT_HOME: join(dir, 'no-home') };
    const checkpoint = async (...words: string[]) => {
      const { code, stdout } = await runCli(['checkpoint', ...words], { env });
      return { code, stdout };
    };
    const answer = (code: number, stdout = '') => ({ code, stdout });
    assert.deepEqual(await checkpoint('has', 'a'), answer(1));
    assert.deepEqual(await checkpoint('list'), answer(0));
    assert.deepEqual(await checkpoint('add', 'a', 'b c', 'ü'), answer(0));
    assert.deepEqual(await checkpoint('add', '--', '-x'), answer(0));
    assert.deepEqual(await checkpoint('has', 'a', 'ü'), answer(0));
    assert.deepEqual(await checkpoint('has', 'a', 'd'), answer(1));
    assert.deepEqual(await checkpoint('has', '--missing', 'd', 'a', 'e'), answer(1, 'd\ne\n'));
    assert.deepEqual(await checkpoint('list'), answer(0, 'a\nb c\nü\n-x\n'));
    assert.deepEqual(await checkpoint('clear', 'b c'), answer(0));
    assert.deepEqual(await checkpoint('list'), answer(0, 'a\nü\n-x\n'));
    assert.deepEqual(await checkpoint('clear', '--all'), answer(0));
    assert.deepEqual(await checkpoint('list'), answer(0));
  });

  it('reads keys from standard input', async (t) => {
    const dir = tempDir(t);
    const env = {
      ...process.env,
      BABYSIT_NODE: process.execPath,
      BABYSIT_CHECKPOINT_DIR: dir,
    };
    const pipeline = async (script: string) => {
      const child = spawn('sh', ['-c', script, 'sh', BABYSIT], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      const [code] = await once(child, 'close');
      return { code, stdout: Buffer.concat(chunks).toString() };
    };
    assert.deepEqual(await pipeline('seq 1 5 | "$1" checkpoint add -'), { code: 0, stdout: '' });
    assert.deepEqual(await pipeline('seq 4 7 | "$1" checkpoint has --missing -'), {
      code: 1,
      stdout: '6\n7\n',
    });
    assert.deepEqual(await pipeline('"$1" checkpoint has - </dev/null'), { code: 0, stdout: '' });
  });

  it('reports what is wrong', async (t) => {
    const dir = tempDir(t);
    const error = async (words: string[], env: NodeJS.ProcessEnv) => {
      const { code, stdout, stderr } = await runCli(['checkpoint', ...words], { env });
      assert.equal(stdout, '');
      return [code, (JSON.parse(stderr) as { message: string }).message];
    };
    const inside = { BABYSIT_CHECKPOINT_DIR: dir };
    const outside = { BABYSIT_CHECKPOINT_DIR: '' };
    assert.deepEqual(await error(['add', 'a'], outside), [
      64,
      'BABYSIT_CHECKPOINT_DIR is not set: checkpoint runs inside a task',
    ]);
    assert.deepEqual(await error(['add', 'a\nb'], inside), [
      64,
      'the key "a\\nb" contains a newline, tab or other control character',
    ]);
    assert.deepEqual(await error(['add'], inside), [64, 'checkpoint add needs a key']);
    assert.deepEqual(await error(['clear'], inside), [64, 'checkpoint clear needs a key']);
    assert.deepEqual(await error(['drop', 'a'], inside), [
      64,
      'checkpoint: "drop" is not one of add, has, list, clear',
    ]);
    assert.deepEqual(await error([], inside), [64, 'checkpoint needs one of add, has, list, clear']);
    writeFileSync(join(dir, 'file'), '');
    const [code, message] = await error(['add', 'a'], { BABYSIT_CHECKPOINT_DIR: join(dir, 'file') });
    assert.equal(code, 64);
    assert.match(String(message), /^cannot use the manifest in .*: /);
    assert.equal(readFileSync(join(dir, 'file'), 'utf8'), '');
  });

  it('waits for no manifest that is a FIFO, and writes to no device', async (t) => {
    const dir = tempDir(t);
    const [fifo, device] = [join(dir, 'fifo'), join(dir, 'device')];
    for (const place of [fifo, device]) mkdirSync(place);
    execFileSync('mkfifo', [join(fifo, 'manifest')]);
    symlinkSync('/dev/zero', join(device, 'manifest'));
    for (const place of [fifo, device])
      for (const words of [['add', 'a'], ['has', 'a'], ['list'], ['clear', '--all']]) {
        const env = { BABYSIT_CHECKPOINT_DIR: place, BABYSIT_HOME: dir };
        const { code, stderr } = await runCli(['checkpoint', ...words], { env });
        assert.equal(code, 64, `${words} in ${place}: ${stderr}`);
        assert.match(String(jsonLine(stderr).message), /^cannot use the manifest in .*: not a regular file/);
      }
  });
});
