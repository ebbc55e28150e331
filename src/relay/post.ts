// Sends one request about a task to the daemon.
import { request } from 'node:http';

/** Resolves with false when the daemon has not answered, or could not: ask again. */
export function postTask(socketPath: string, task: string, verb: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const sent = request(
    {
      socketPath,
      method: 'POST',
      path: `/v1/tasks/${task}/${verb}`,
      headers: { 'content-type': 'application/json' },
    },
    (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 500);
    },
  );
  sent.on('error', () => resolve(false));
  sent.end('{}');
  return promise;
}
