// Judges a shell command of an agent: runs it, runs it with advice, or refuses it with the command to run instead.
import { type Advice, decide } from './decide.ts';
import { type Reply, refuse, type ShellRequest, SILENT } from './harness.ts';
import { askTasks } from './known-tasks.ts';

export async function judge(request: ShellRequest, env: NodeJS.ProcessEnv): Promise<Reply> {
  const tasks = await askTasks(request, env);
  const advice = decide(request.command, tasks);
  return advice === null ? SILENT : refuse(request, refusalText(advice, request));
}

/** Short, because an agent pays for each token. */
export function refusalText({ command, why }: Advice, request: ShellRequest): string {
  const shown = command.includes('\n') ? command : `  ${command}`;
  return `babysit: this command polls. Run this instead, without sleep or loop:
${shown}
${why}${background(command, request)} If this is not polling, add the comment # BYPASS_SLEEP_BABYSIT_CHECK.
`;
}

/** A wait that may take longer than the harness lets a command run. */
function background(command: string, { harness, isBackground, limitMs }: ShellRequest): string {
  if (isBackground || !/\bbabysit wait\b|\swait\s/.test(command)) return '';
  const bound = /--timeout=(\d+)s/.exec(command)?.[1];
  const isShort = bound !== undefined && limitMs !== null && Number(bound) * 1000 < limitMs;
  if (isShort) return '';
  return harness === 'claude'
    ? ' Run it with run_in_background: the wait may take longer than a command may.'
    : ' Start it in the background if you have other work.';
}
