// Runs a module in a process that has no file descriptor left.
import { spawnSync } from 'node:child_process';

/**
 * What `module`, the text of an ES module, prints. It calls `exhaust()` after its dynamic imports, and the function
 * that this returns to have descriptors again. An uncaught exception is an error here.
 */
export function withoutDescriptors(module: string): string {
  const strip = process.features.typescript ? [] : ['--experimental-strip-types'];
  const words = [process.execPath, '--no-warnings', ...strip, '--input-type=module', '--eval'];
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', 'ulimit -n 64; exec "$@"', 'bash', ...words, `${EXHAUST}${module}`],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const EXHAUST = `
import { closeSync, openSync } from 'node:fs';
function exhaust() {
  const held = [];
  try { for (;;) held.push(openSync('/dev/null')); } catch (error) { if (error.code !== 'EMFILE') throw error; }
  return () => held.forEach((fd) => closeSync(fd));
}
`;
