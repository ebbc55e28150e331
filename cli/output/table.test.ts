// Tables and CSV.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alignedTable, csv } from './table.ts';

describe('alignedTable', () => {
  it('aligns words left and numbers right', () => {
    const table = alignedTable(
      ['name', 'mem'],
      [
        ['build', '5M'],
        ['x', '1.5G'],
      ],
    );
    assert.equal(table, 'NAME    MEM\nbuild    5M\nx      1.5G\n');
  });
  it('aligns an empty column without blanks at the end of the line', () => {
    assert.equal(alignedTable(['name', 'mem'], [['a', '']]), 'NAME  MEM\na\n');
  });
  it('keeps a cell with line breaks and escapes on its line', () => {
    assert.equal(alignedTable(['name'], [['a\n\x1b[31mb']]), 'NAME\na\\nb\n');
  });
  it('aligns colored cells like plain ones, and colors no blanks', () => {
    const rows = [
      ['a', 'failed', '1'],
      ['b', 'ok', '10'],
    ];
    const paint = (cell: string, row: number, column: number) =>
      column === 1 && row === 0 ? `\x1b[31m${cell}\x1b[0m` : cell;
    assert.equal(
      alignedTable(['name', 'status', 'n'], rows, paint),
      'NAME  STATUS   N\na     \x1b[31mfailed\x1b[0m   1\nb     ok      10\n',
    );
  });
});

describe('csv', () => {
  it('quotes commas, quotes and line breaks', () => {
    assert.equal(
      csv(
        ['a', 'b'],
        [
          ['x,y', 'say "hi"'],
          ['1', 'two\nlines'],
        ],
      ),
      'a,b\n"x,y","say ""hi"""\n1,"two\nlines"\n',
    );
  });
});
