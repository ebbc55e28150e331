// Judges the command of an event from standard input, or explains the rules. The shell script handles the fast path.
import { explain, isHeavy, routing } from './explain.ts';
import { json, type Reply, readShellRequest, SILENT } from './harness.ts';
import { judge } from './judge.ts';
import { readEvent, runHook } from './run-hook.ts';

/** The exit code for a shim: run it through babysit. A failure is 0. */
const HEAVY = 3;

void runHook(reply).then((code) => process.exit(code));

async function reply([hook, ...words]: readonly string[]): Promise<Reply> {
  const { env } = process;
  switch (hook) {
    case 'pre-tool-use': {
      const request = readShellRequest(readEvent());
      return request === null ? SILENT : judge(request, env);
    }
    case 'explain':
      return json(await explain(words[0] ?? '', words[1] === 'background', env));
    case 'route':
      return json(routing(env));
    case 'is-heavy':
      return { ...SILENT, exitCode: isHeavy(words, env) ? HEAVY : 0 };
    default:
      return SILENT;
  }
}
