// Finds the absolute paths of the programs that start an attempt.
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isExecutable } from '../procfs/executable.ts';
import { readCpus, readRlimits } from '../procfs/process/inherited.ts';
import type { Tools } from './launch-script.ts';

/** taskpolicy of macOS is in /usr/sbin. */
const PLACES = [
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/run/current-system/sw/bin',
];

/** Throws with the name of the first missing program. */
export function findTools(
  spawnerNice: number,
  places: readonly string[] = PLACES,
  platform: NodeJS.Platform = process.platform,
): Tools {
  const find = (name: string): string | null => {
    for (const place of places) if (isExecutable(join(place, name))) return join(place, name);
    return null;
  };
  const need = (name: string): string => {
    const path = find(name);
    if (path !== null) return path;
    throw new Error(`${name} not found in ${places.join(', ')}. Install it and try again`);
  };
  return {
    path: [...new Set(SUPERVISOR.map((name) => dirname(need(name))))].join(':'),
    env: need('env'),
    nice: need('nice'),
    bash: need('bash'),
    spawnerNice,
    spawnerRlimits: readRlimits(),
    spawnerCpus: readCpus(),
    stty: find('stty'),
    tty: find('tty'),
    taskset: find('taskset'),
    background: BACKGROUND.filter(([, on]) => on === platform).flatMap(([words]) => {
      const path = find(words[0]);
      return path === null ? [] : [path, ...words.slice(1)];
    }),
    script: withExitCode(find('script')),
    isBsdScript: platform !== 'linux',
  };
}

/** The script(1) of busybox cannot return the exit code of its command. */
function withExitCode(script: string | null): string | null {
  return script === null || basename(realpathSync(script)) === 'busybox' ? null : script;
}

/** Programs that supervisor.sh runs. */
const SUPERVISOR = ['dd', 'mkfifo', 'mv', 'rm', 'wc'];

/** With options that busybox knows, too. */
const BACKGROUND = [
  [['ionice', '-c', '3'], 'linux'],
  [['chrt', '-i', '0'], 'linux'],
  [['taskpolicy', '-b'], 'darwin'],
] as const;
