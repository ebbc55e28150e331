// Runs the hook that argv names on the event from standard input. The shell scripts handle the fast path.
import { readFileSync, writeSync } from 'node:fs';
import { parseJson } from '../src/text/json.ts';
import { refusalText } from './advice.ts';
import { decide } from './decide.ts';
import { type Reply, readShellRequest, refuse, SILENT } from './harness.ts';

void main(process.argv[2] ?? '').then((code) => process.exit(code));

/** A hook that fails must not block the harness. */
async function main(hook: string): Promise<number> {
  try {
    const { exitCode, stdout, stderr, onSent } = await reply(hook, parseJson(readFileSync(0, 'utf8')).value);
    if (stdout !== '') writeSync(1, stdout);
    if (stderr !== '') writeSync(2, stderr);
    await onSent?.();
    return exitCode;
  } catch {
    return 0;
  }
}

async function reply(hook: string, event: unknown): Promise<Reply> {
  switch (hook) {
    case 'pre-tool-use':
      return answerCommand(event);
    case 'session-start':
      return (await import('./session.ts')).answerSessionStart(event, process.env);
    case 'stop':
      return (await import('./session.ts')).answerStop(event, process.env);
    default:
      return SILENT;
  }
}

function answerCommand(event: unknown): Reply {
  const request = readShellRequest(event);
  const advice = request === null ? null : decide(request.command);
  return request === null || advice === null ? SILENT : refuse(request.reply, refusalText(advice));
}
