// Recognizes the files of babysit's state directory, which a poll may read instead of asking babysit.
import { resolve } from 'node:path';
import { realPath } from '../src/config/home.ts';
import type { Variables } from './shell/words.ts';

/** The directory has the default name or is named by a variable; a path that merely has the word in it is none. */
const STATE_PATH =
  /(?:\.local\/state|\$\{?XDG_STATE_HOME\}?|\$\{XDG_STATE_HOME:-[^}]*\})\/babysit\/(?:tasks(?:\/|$)|daemon\.(?:log|pid)|babysit\.db)|\$\{?BABYSIT_HOME\b/;
const TASK_PATH = /\/tasks\/([0-9A-HJKMNP-TV-Z]{26})(?:\/|$)/;

export function isStatePath(path: string, variables: Variables): boolean {
  // biome-ignore lint/style/noProcessEnv: the hook runs in the environment of the command it judges
  const homes = variables.get('BABYSIT_HOME')?.texts ?? [process.env.BABYSIT_HOME ?? ''];
  return (
    STATE_PATH.test(path) || TASK_PATH.test(path) || homes.some((home) => home !== '' && isInside(path, home))
  );
}

/** The id of the task whose file it is. */
export function taskOfPath(path: string): string | null {
  return TASK_PATH.exec(path)?.[1] ?? null;
}

/** babysit prints the real path of its files, and a command may use the path in BABYSIT_HOME. */
function isInside(path: string, home: string): boolean {
  return [resolve(home), realPath(home)].some((dir) => path.startsWith(`${dir}/`));
}
