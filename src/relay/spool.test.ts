// The output that no client has taken, in its order.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { HEAD_BYTES, KIND } from './frames.ts';
import { type Frame, Spool } from './spool.ts';

const frame = (text: string): Frame => ({ kind: KIND.out, content: Buffer.from(text) });

function rest(spool: Spool): string[] {
  const texts: string[] = [];
  for (let next = spool.next(); next !== null; next = spool.next()) texts.push(next.content.toString());
  return texts;
}

describe('Spool', () => {
  const dir = tempDir({ after });

  it('gives back what it got, also to a later process', () => {
    const spool = new Spool(join(dir, 'a'));
    assert.ok(spool.isEmpty);
    for (const text of ['1', '', '22']) assert.ok(spool.append(frame(text)));
    assert.deepEqual(rest(new Spool(join(dir, 'a'))), ['1', '', '22']);
    assert.deepEqual(rest(spool), ['1', '', '22']);
    assert.ok(spool.isEmpty);
    spool.clear();
    assert.ok(!existsSync(join(dir, 'a')));
  });

  it('puts back in front what a client did not take', () => {
    const spool = new Spool(join(dir, 'b'));
    for (const text of ['1', '2', '3']) spool.append(frame(text));
    assert.equal(spool.next()?.content.toString(), '1');
    spool.unread([frame('half of 1')]);
    spool.append(frame('4'));
    assert.deepEqual(rest(spool), ['half of 1', '2', '3', '4']);
  });

  it('keeps in memory what cannot be put back into the file', () => {
    const path = join(dir, 'd');
    const spool = new Spool(path);
    for (const text of ['1', '2']) spool.append(frame(text));
    assert.equal(spool.next()?.content.toString(), '1');
    mkdirSync(`${path}.new`);
    spool.unread([frame('half of 1')]);
    spool.append(frame('3'));
    assert.equal(spool.isEmpty, false);
    assert.deepEqual(rest(spool), ['half of 1', '2', '3']);
    assert.ok(spool.isEmpty);
  });

  it('drops a message that was cut by a full disk', () => {
    const spool = new Spool(join(dir, 'c'));
    for (const text of ['whole', 'cut']) spool.append(frame(text));
    truncateSync(join(dir, 'c'), statSync(join(dir, 'c')).size - 1);
    const later = new Spool(join(dir, 'c'));
    assert.deepEqual(rest(later), ['whole']);
    assert.deepEqual([later.takeLost(), later.takeLost()], [HEAD_BYTES + 2, 0]);
  });

  it('drops what holds no message, and says how much', () => {
    writeFileSync(join(dir, 'e'), Buffer.alloc(100, 0xff));
    const spool = new Spool(join(dir, 'e'));
    assert.deepEqual(rest(spool), []);
    assert.equal(spool.takeLost(), 100);
    assert.ok(spool.append(frame('1')));
    assert.deepEqual(rest(spool), ['1']);
  });
});
