// Plugin of opencode and Kilo: asks the hook about each shell command, refuses what it refuses, and takes its rewritten form.
// Link it as babysit.js into ~/.config/opencode/plugins or ~/.config/kilo/plugins. Without the hook every command passes.
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOOK = join(dirname(realpathSync(fileURLToPath(import.meta.url))), 'no-sleep-babysit.sh');
const ANSWER_MS = 10_000;

export const Babysit = async ({ directory }) => ({
  'tool.execute.before': async ({ tool, sessionID }, output) => {
    if (tool !== 'bash' || typeof output?.args?.command !== 'string') return;
    const event = {
      tool_input: output.args,
      harness: 'opencode',
      hook_event_name: 'PreToolUse',
      tool_name: tool,
      session_id: sessionID,
      cwd: output.args.workdir ?? directory,
    };
    const input = JSON.stringify(event);
    const { status, stdout, stderr } = spawnSync(HOOK, { input, encoding: 'utf8', timeout: ANSWER_MS });
    if (status === 2) throw new Error(stderr);
    if (status !== 0 || stdout === '') return;
    const { updatedInput } = JSON.parse(stdout);
    if (updatedInput !== undefined) Object.assign(output.args, updatedInput);
  },
});
