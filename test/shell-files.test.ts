// The shell code that runs on macOS keeps to bash 3.2, the newest that Apple ships.
// TEST_BASH=/path/to/bash runs the tests of src/exec with another bash, such as 3.2 built from source.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

/** From the CHANGES files of bash: what came with 4.0 and later. */
const NEWER: Readonly<Record<string, RegExp>> = {
  'read -N': /\bread\s+(?:-\w+\s+)*-\w*N/,
  'read -i': /\bread\s+(?:-\w+\s+)*-\w*i\b/,
  'mapfile, readarray': /\b(?:mapfile|readarray)\b/,
  coproc: /^\s*coproc\b/m,
  'associative arrays, namerefs, globals': /\b(?:declare|local|typeset)\s+-\w*[Ang]/,
  'case of letters in an expansion': /\$\{\w+(?:\^|,)/,
  'transformation of a parameter': /\$\{\w+@\w\}/,
  '&>>': /&>>/,
  '|&': /\|&/,
  ';& and ;;&': /;;?&/,
  'exec {fd}>': /(?<!\$)\{\w+\}[<>]/,
  '[[ -v': /\[\[? -v\b/,
  'wait -n': /\bwait\s+-\w*[np]/,
  'printf %(time)T': /%\([^)]*\)T/,
  'negative length or subscript': /\$\{\w+:[^}]*:-\d|\$\{\w+\[-\d/,
  'increment in a sequence': /\{[\d\w]+\.\.[\d\w]+\.\.\d+\}/,
  globstar: /\bglobstar\b|\blastpipe\b/,
  BASHPID: /\$\{?BASHPID\b/,
  EPOCHREALTIME: /\$\{?EPOCH(?:REALTIME|SECONDS)\b/,
};

/** Uses that do no harm in bash 3.2, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'read -N in src/exec/spawner.sh': 'replaced where the major version is 3',
  'EPOCHREALTIME in src/exec/supervisor.sh': 'empty, and a record without a time has that of its file',
  'EPOCHREALTIME in src/exec/launch-script.ts': 'as in supervisor.sh',
  'BASHPID in src/exec/supervisor.sh': 'empty, and /proc//io is not readable',
};

/** Comments of shell and of TypeScript. */
const withoutComments = (text: string) => text.replace(/(?:(?:^|\s)(?:#|\/\/)|^\s*\/?\*+[\s/]).*$/gm, '');

describe('shell files', () => {
  // Driver systemd and the journal exist only on Linux.
  // The modules of the spawner and of the launch script contain shell code.
  const patterns = [
    'babysit',
    'scripts/setup',
    '{src/exec,hooks,skill/scripts}/*.sh',
    'src/exec/{spawner,launch-script}.ts',
  ];
  const files = globSync(patterns, { cwd: ROOT })
    .filter((file) => !file.endsWith('with-journal.sh'))
    .sort();

  it('use no feature that is newer than bash 3.2', () => {
    const found = files.flatMap((file) => {
      const code = withoutComments(readFileSync(join(ROOT, file), 'utf8'));
      return Object.entries(NEWER)
        .filter(([, pattern]) => pattern.test(code))
        .map(([feature]) => `${feature} in ${file}`);
    });
    assert.ok(files.length >= 8, files.join());
    assert.deepEqual(found.sort(), Object.keys(ALLOWED).sort());
  });

  it('are recognized by each pattern where they use one', () => {
    const samples = [
      'IFS= read -rN 5 x',
      'read -e -i a x',
      'mapfile -t a',
      'coproc cat',
      'declare -A map',
      `echo \${name^^}`,
      `echo \${name@Q}`,
      'a &>>log',
      'a |& b',
      'a) b ;;& esac',
      'exec {fd}>log',
      '[[ -v name ]]',
      'wait -n',
      "printf '%(%s)T' -1",
      `echo \${name:0:-1}`,
      'echo {1..9..2}',
      'shopt -s globstar',
      'echo $BASHPID',
      'echo $EPOCHREALTIME',
    ];
    for (const [index, [feature, pattern]] of Object.entries(NEWER).entries())
      assert.match(samples[index] ?? '', pattern, feature);
  });
});
