// What Node executes: the CLI, with what V8 made of it the last time, kept in the user's cache.
const { enableCompileCache } = require('node:module');

const { XDG_CACHE_HOME, HOME } = process.env;
const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
// Since Node 22.1. Where it cannot be written, nothing is gained and nothing said.
if (cache) enableCompileCache(`${cache}/babysit/code`);
require('./main.cjs');
