// The environment that the launcher hands over.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callerProcess } from './environ.ts';

/** As the launcher does: the soft limits, then the environment in base64, in pieces of `size` characters. */
function handedOver(environ: Buffer, size = 8): NodeJS.ProcessEnv {
  const pieces = environ.toString('base64').match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
  const named = ['n=1024', 's=8192', 'd=', 'v=unlimited', ...pieces].map((piece, index) => [
    `BABYSIT_CALLER_${index}`,
    piece,
  ]);
  return { HOME: '/of-the-shell', ...Object.fromEntries(named) };
}
const envOf = (...entries: string[]) =>
  callerProcess(handedOver(Buffer.from(`${entries.join('\0')}\0`, 'latin1'))).env;

describe('callerProcess', () => {
  it('joins the pieces and decodes odd names, functions and bytes', () => {
    const env = envOf('A=1=2', 'my-var=\xe9', '__proto__=x', 'BASH_FUNC_f%%=() {  :\n}', 'E=');
    assert.deepEqual(Object.entries(env).toSorted(), [
      ['A', '1=2'],
      ['BASH_FUNC_f%%', '() {  :\n}'],
      ['E', ''],
      ['__proto__', 'x'],
      ['my-var', '\udce9'],
    ]);
    assert.deepEqual(callerProcess(handedOver(Buffer.from('A=1\0'))).softLimits, {
      nofile: '1024',
      stack: '8388608',
      as: 'unlimited',
    });
  });

  it('takes the first of two variables with one name, and no entry without a name', () => {
    assert.deepEqual(envOf('A=1', 'A=2', '=x', 'junk'), { A: '1' });
  });

  it('restores PWD, which the launcher replaces for its shell', () => {
    assert.deepEqual(envOf('BABYSIT_PWD=/link', 'PWD=/proc/self/cwd'), { PWD: '/link' });
    assert.deepEqual(envOf('BABYSIT_PWD=', 'PWD=/proc/self/cwd'), {});
    assert.deepEqual(envOf('PWD=/mine'), { PWD: '/mine' });
  });

  it('drops the variables for babysit itself, and the descriptor of a parent Node', () => {
    const own = ['BABYSIT_NODE=/n', 'BABYSIT_NO_AUTOSTART=1', 'NODE_CHANNEL_FD=3', 'BABYSIT_CALLER_0=1'];
    assert.deepEqual(envOf(...own, 'BABYSIT_HOME=/h', 'NODE_OPTIONS=-x'), {
      BABYSIT_HOME: '/h',
      NODE_OPTIONS: '-x',
    });
  });

  it('reads its own environment without a launcher', () => {
    assert.equal(callerProcess({}).env.PATH, process.env.PATH);
  });
});
