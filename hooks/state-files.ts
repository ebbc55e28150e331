// Recognizes the files of babysit's state directory, which a poll may read instead of asking babysit.
import { resolve } from 'node:path';
import { realPath } from '../src/config/home.ts';
import type { Query } from './actions.ts';
import type { Variables } from './shell/words.ts';

const STATE_PATH = /(?:^|\/)babysit\/(?:tasks(?:\/|$)|daemon\.log|babysit\.db)|\$\{?BABYSIT_HOME\b/;
const TASK_ID = /\/tasks\/([0-9A-HJKMNP-TV-Z]{26})(?:\/|$)/;

export function isStatePath(path: string, variables: Variables): boolean {
  // biome-ignore lint/style/noProcessEnv: the hook runs in the environment of the command it judges
  const homes = variables.get('BABYSIT_HOME') ?? [process.env.BABYSIT_HOME ?? ''];
  return STATE_PATH.test(path) || homes.some((home) => home !== '' && isInside(path, home));
}

/** babysit prints the real path of its files, and a command may use the path in BABYSIT_HOME. */
function isInside(path: string, home: string): boolean {
  return [resolve(home), realPath(home)].some((dir) => path.startsWith(`${dir}/`));
}

export function fileQuery(paths: readonly string[], isFollow: boolean, limit: string | undefined): Query {
  const refs = paths.flatMap((path) => TASK_ID.exec(path)?.[1] ?? []);
  return { kind: 'query', verb: 'file', refs, flags: [], isFollow, limit, mentions: [] };
}
