// Runs the hook that argv names on the event from standard input. The shell scripts handle the fast path.
import { readFileSync, writeSync } from 'node:fs';
import { parseJson } from '../src/text/json.ts';
import { type Reply, readShellRequest, SILENT } from './harness.ts';
import { judge } from './judge.ts';

const BOM = '\uFEFF';

void main(process.argv[2] ?? '').then((code) => process.exit(code));

/** A hook that fails must not block the harness. */
async function main(hook: string): Promise<number> {
  try {
    const input = readFileSync(0, 'utf8');
    const event = parseJson(input.startsWith(BOM) ? input.slice(1) : input).value;
    const { exitCode, stdout, stderr, onSent } = await reply(hook, event);
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
    case 'pre-tool-use': {
      const request = readShellRequest(event);
      return request === null ? SILENT : judge(request, process.env);
    }
    case 'session-start':
      return (await import('./session/session.ts')).answerSessionStart(event, process.env);
    case 'stop':
      return (await import('./session/session.ts')).answerStop(event, process.env);
    default:
      return SILENT;
  }
}
