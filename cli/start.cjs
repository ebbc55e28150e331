// Entry point: starts the CLI, or as hooks.cjs the hook, with V8's compile cache in the user's cache directory.
const { EventEmitter } = require('node:events');
const { existsSync, fstatSync, mkdirSync, writeSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const { basename, dirname, isAbsolute } = require('node:path');

// The listener replaces Node's own, which opens a debugger on a TCP port.
process.on('SIGUSR1', () => {});

// A socket that closes asks for process.stderr. The stream of Node makes a pipe non-blocking for all processes that share
// it, and these would lose their output.
if (isShared(2)) {
  const stderr = Object.assign(new EventEmitter(), { write: (text) => writeSync(2, text) > 0 });
  Object.defineProperty(process, 'stderr', { value: stderr });
}

const { XDG_CACHE_HOME, HOME } = process.env;
const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
const code = `${cache}/babysit/code`;
// A cache directory that cannot be used only costs the gain.
if (cache && isAbsolute(cache) && isMade(code)) enableCompileCache(code);
require(basename(__filename) === 'hooks.cjs' ? './judge.cjs' : './main.cjs');

/** One directory at a time: Node, which would create it too, never returns under /proc. */
function isMade(dir) {
  if (existsSync(dir)) return true;
  if (!isMade(dirname(dir))) return false;
  try {
    mkdirSync(dir);
  } catch {
    // Another command may have made it.
  }
  return existsSync(dir);
}

function isShared(fd) {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
