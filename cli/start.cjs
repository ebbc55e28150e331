// Entry point: starts the CLI with V8's compile cache in the user's cache directory.
const { enableCompileCache } = require('node:module');

// The listener replaces Node's own, which opens a debugger on a TCP port.
process.on('SIGUSR1', () => {});

const { XDG_CACHE_HOME, HOME } = process.env;
const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
// Node 22.1 and later. An unwritable cache directory only costs the gain.
if (cache) enableCompileCache(`${cache}/babysit/code`);
require('./main.cjs');
