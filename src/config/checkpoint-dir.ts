// Where the checkpoints are that tasks of a project share by name. The CLI reads them without the daemon.
import { join } from 'node:path';
import { homeTag } from './home-tag.ts';

/** `name`: a valid name of a task. */
export function sharedCheckpointDir(home: string, project: string, name: string): string {
  return join(home, 'checkpoints', homeTag(project), name);
}
