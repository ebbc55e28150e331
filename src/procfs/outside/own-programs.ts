// Recognizes the processes of babysit itself: daemons, relays, spawners and clients, of any installation.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { readProcFile } from '../proc-files.ts';

/** What `scripts/build.ts` makes and Node runs. */
const PROGRAM = /(^|\/)(cli|relay|hooks)\.cjs$|(^|\/)(daemon|mcp|dashboard|top)\.mjs$/;
/** Other packages have a cli.cjs too: only babysit has this file beside it. */
const BESIDE = 'supervisor.sh';
const SPAWNER = 'babysit-spawner';
/** Node has a few options before its program; the spawner has its two scripts. */
const WORDS_READ = 8;

/** False without /proc. */
export function isOwnProgram(pid: number, procRoot = '/proc'): boolean {
  const words = (readProcFile(pid, 'cmdline', procRoot) ?? '').split('\0').slice(0, WORDS_READ);
  return words.some((word) => {
    if (!PROGRAM.test(word)) return word === SPAWNER;
    const base = word.startsWith('/') ? 'root' : 'cwd/';
    return existsSync(`${procRoot}/${pid}/${base}${dirname(word)}/${BESIDE}`);
  });
}
