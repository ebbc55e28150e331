// Reports the end of a task whose client has shown it: the inbox of the owner must not show it again.
import { request } from 'node:http';

interface EndedLine {
  readonly event: string;
  readonly seq: number;
  readonly task?: { readonly owner?: string | null; readonly project: string };
}

/** Waits for the daemon to store the end. Without a daemon the inbox shows the task, which is better than to lose it. */
export function reportSeen(socketPath: string, task: string): void {
  let rest = '';
  const events = request({ socketPath, path: `/v1/tasks/${task}/events?after=0` }, (answer) => {
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('{')) continue;
        const { event, seq, task: view } = JSON.parse(line) as EndedLine;
        if (event === 'ended' && view !== undefined) see(socketPath, task, seq, view);
      }
    });
    answer.on('error', () => {});
  });
  events.on('error', () => {});
  events.end();
}

function see(
  socketPath: string,
  id: string,
  seq: number,
  { owner, project }: NonNullable<EndedLine['task']>,
): void {
  const headers = { 'content-type': 'application/json' };
  const seen = request({ socketPath, method: 'POST', path: '/v1/inbox/seen', headers }, (answer) =>
    answer.resume(),
  );
  seen.on('error', () => {});
  seen.end(JSON.stringify({ project, ...(owner ? { owner } : {}), seen: [{ id, seq }] }));
}
