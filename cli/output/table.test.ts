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
      alignedTable(['name', 'status', 'n'], rows, { paintCell: paint }),
      'NAME  STATUS   N\na     \x1b[31mfailed\x1b[0m   1\nb     ok      10\n',
    );
  });
});

describe('alignedTable on a terminal', () => {
  const name = `${'n'.repeat(60)}-1`;
  const owner = `/home/${'o'.repeat(40)}/project`;
  const lines = (columns: number, last = 'exit 137') =>
    alignedTable(['name', 'id', 'owner', 'outcome'], [[name, '01M8MGZ66C', owner, last]], {
      room: columns,
      shortened: ['name', 'owner'],
    }).split('\n');

  it('cuts the middle of the widest names until the others fit', () => {
    const [head = '', row = ''] = lines(80);
    assert.equal(row.length, 80);
    assert.match(row, /^n{14}…n{11}-1 {2}01M8MGZ66C {2}\/home\/o+…o+\/project {2}exit 137$/);
    assert.equal(head.indexOf('ID'), row.indexOf('01M8MGZ66C'));
    assert.equal(lines(200)[1], `${name}  01M8MGZ66C  ${owner}  exit 137`);
  });
  it('cuts no name for the end of a long last column, and none below its least', () => {
    const long = 'waits for memory, and says a lot about it';
    assert.match(lines(80, long)[1] ?? '', /^n+…n+-1 .* waits for memory, and says a lot about it$/);
    assert.match(lines(20)[1] ?? '', /^nnnnnnnn…nnnnn-1 {2}01M8MGZ66C {2}\/home\/oo…project {2}exit 137$/);
  });
  it('leaves out the least important columns, empty ones first, and keeps the colors of the others', () => {
    const titles = ['name', 'id', 'status', 'mem', 'progress', 'outcome'];
    const row = ['train', '01M8MGZ66C', 'pending', '12M', '', 'waits for memory, starts at 15:30'];
    const head = (room: number) =>
      alignedTable(titles, [row], {
        room,
        omitted: ['id', 'mem', 'progress'],
        paintCell: (cell, _, column) => (column === 2 ? cell.toUpperCase() : cell),
      });
    assert.match(head(100), /^NAME +ID +STATUS +MEM +PROGRESS +OUTCOME\n/);
    assert.match(head(60), /^NAME +ID +STATUS +MEM +OUTCOME\n/);
    assert.match(head(50), /^NAME +STATUS +MEM +OUTCOME\ntrain +PENDING +12M +waits/);
    assert.match(head(10), /^NAME +STATUS +OUTCOME\n/);
    row[4] = `3/42 ${'x'.repeat(30)}`;
    assert.match(head(50), /^NAME +STATUS +MEM +OUTCOME\n/, 'a wide one leaves its room to the others');
  });
  it('measures wide characters', () => {
    assert.equal(
      alignedTable(
        ['name', 'n'],
        [
          ['日本', '1'],
          ['abcd', '2'],
        ],
      ),
      'NAME  N\n日本  1\nabcd  2\n',
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
