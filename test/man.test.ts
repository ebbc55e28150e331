// The manual pages: each has its sections, every flag, and no text that roff reads as a request.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../cli/commands.ts';
import { roff, sentences } from '../scripts/man/roff.ts';
import { manPages } from '../scripts/man.ts';

const REQUEST = /^\.(?:\\"|TH|SH|TP|PP|nf|fi)\b/;

describe('manual pages', async () => {
  const pages = await manPages('1.2.3');

  it('there is one for each command and one for all', () =>
    assert.deepEqual(
      [...pages.keys()],
      ['babysit.1', ...Object.keys(COMMANDS).map((name) => `babysit-${name}.1`)],
    ));

  for (const [name, text] of pages)
    it(`${name} has its sections and only known requests`, () => {
      const lines = text.trimEnd().split('\n');
      assert.match(text, /^\.\\".*\n\.TH BABYSIT\S* 1 "" "babysit 1\.2\.3" /);
      for (const section of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXAMPLES'])
        assert.equal(lines.filter((line) => line === `.SH ${section}`).length, 1, section);
      assert.deepEqual(
        lines.filter(
          (line) => line === '' || (/^[.']/.test(line) && !/^\.\\"/.test(line) && !REQUEST.test(line)),
        ),
        [],
      );
      // A hyphen that is not escaped becomes a typographic one, which a shell does not accept.
      assert.doesNotMatch(text.replace(/^\.TH.*$/m, ''), /(?<!\\)-/);
    });

  for (const [name, { load }] of Object.entries(COMMANDS))
    it(`babysit-${name}.1 has every flag`, async () => {
      const { command } = await load();
      const text = pages.get(`babysit-${name}.1`) ?? '';
      for (const flag of Object.keys(command.flags)) assert.ok(text.includes(roff(`--${flag}`)), flag);
    });

  it('text that begins like a request stays text', () => {
    assert.equal(roff('.SH x'), '\\&.SH x');
    assert.equal(roff("'a' \\n --b"), '\\(aqa\\(aq \\en \\-\\-b');
    assert.equal(
      sentences('One.\nadd KEY   adds it\nTwo.'),
      'One.\n.TP\n\\fBadd KEY\\fR\nadds it\n.PP\nTwo.',
    );
  });
});
