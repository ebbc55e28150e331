// Ends the task of a client that is gone (--tie). Repeats the request while the daemon does not answer.
import { postTask } from './post.ts';

const RETRY_MS = 500;

export async function killTask(socketPath: string, task: string, isOver: () => boolean): Promise<void> {
  if (isOver() || (await postTask(socketPath, task, 'kill'))) return;
  setTimeout(killTask, RETRY_MS, socketPath, task, isOver);
}
