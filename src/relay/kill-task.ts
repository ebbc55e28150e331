// Ends the task of a client that is gone (--tie). Repeats the request while the daemon does not answer.
import { request } from 'node:http';

const RETRY_MS = 500;

export function killTask(socketPath: string, task: string, isOver: () => boolean): void {
  if (isOver()) return;
  const again = () => void setTimeout(killTask, RETRY_MS, socketPath, task, isOver);
  const sent = request(
    {
      socketPath,
      method: 'POST',
      path: `/v1/tasks/${task}/kill`,
      headers: { 'content-type': 'application/json' },
    },
    (answer) => {
      answer.resume();
      if ((answer.statusCode ?? 500) >= 500) again();
    },
  );
  sent.on('error', again);
  sent.end('{}');
}
