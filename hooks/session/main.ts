// Runs the hook at the start or the stop of a session on the event from standard input.
import { type Reply, SILENT } from '../harness.ts';
import { readEvent, runHook } from '../run-hook.ts';
import { answerSessionStart, answerStop } from './session.ts';

void runHook(reply).then((code) => process.exit(code));

async function reply([hook]: readonly string[]): Promise<Reply> {
  switch (hook) {
    case 'session-start':
      return answerSessionStart(readEvent(), process.env);
    case 'stop':
      return answerStop(readEvent(), process.env);
    default:
      return SILENT;
  }
}
