// The hooks behind their shell fast paths: argv says which hook, standard input what the harness tells it.
import { readFileSync, writeSync } from 'node:fs';
import { parseJson } from '../src/text/json.ts';
import { refusalText } from './advice.ts';
import { decide } from './decide.ts';
import { type Reply, readShellRequest, refuse } from './harness.ts';

const SILENT: Reply = { exitCode: 0, stdout: '', stderr: '' };

void main(process.argv[2] ?? '').then((code) => process.exit(code));

/** Whatever goes wrong, a hook must not stand in the way. */
async function main(hook: string): Promise<number> {
  try {
    const { exitCode, stdout, stderr, told } = await reply(hook, parseJson(readFileSync(0, 'utf8')).value);
    if (stdout !== '') writeSync(1, stdout);
    if (stderr !== '') writeSync(2, stderr);
    await told?.();
    return exitCode;
  } catch {
    return 0;
  }
}

async function reply(hook: string, told: unknown): Promise<Reply> {
  switch (hook) {
    case 'pre-tool-use':
      return answerCommand(told);
    case 'session-start':
      return (await import('./session.ts')).answerSessionStart(told, process.env);
    case 'stop':
      return (await import('./session.ts')).answerStop(told, process.env);
    default:
      return SILENT;
  }
}

function answerCommand(told: unknown): Reply {
  const request = readShellRequest(told);
  const advice = request === null ? null : decide(request.command);
  return request === null || advice === null ? SILENT : refuse(request.reply, refusalText(advice));
}
