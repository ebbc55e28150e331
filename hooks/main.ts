// Runs the hook that argv names on the event from standard input. The shell scripts handle the fast path.
import { readFileSync, writeSync } from 'node:fs';
import { parseJson } from '../src/text/json.ts';
import { json, type Reply, readShellRequest, SILENT } from './harness.ts';
import { judge } from './judge.ts';

const BOM = '\uFEFF';
/** The exit code for a shim: run it through babysit. A failure is 0. */
const HEAVY = 3;

void main(process.argv.slice(2)).then((code) => process.exit(code));

/** A hook that fails must not block the harness. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const { exitCode, stdout, stderr, onSent } = await reply(words);
    if (stdout !== '') writeSync(1, stdout);
    if (stderr !== '') writeSync(2, stderr);
    await onSent?.();
    return exitCode;
  } catch {
    return 0;
  }
}

async function reply([hook, ...words]: readonly string[]): Promise<Reply> {
  const { env } = process;
  switch (hook) {
    case 'pre-tool-use': {
      const request = readShellRequest(readEvent());
      return request === null ? SILENT : judge(request, env);
    }
    case 'session-start':
      return (await import('./session/session.ts')).answerSessionStart(readEvent(), env);
    case 'stop':
      return (await import('./session/session.ts')).answerStop(readEvent(), env);
    case 'explain':
      return json(
        await (await import('./explain.ts')).explain(words[0] ?? '', words[1] === 'background', env),
      );
    case 'route':
      return json((await import('./explain.ts')).routing(env));
    case 'is-heavy':
      return { ...SILENT, exitCode: (await import('./explain.ts')).isHeavy(words, env) ? HEAVY : 0 };
    default:
      return SILENT;
  }
}

function readEvent(): unknown {
  const input = readFileSync(0, 'utf8');
  return parseJson(input.startsWith(BOM) ? input.slice(1) : input).value;
}
