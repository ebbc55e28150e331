// Reads the input that agent harnesses give their hooks, and builds the answers that they expect.
import { isJsonObject, parseJson } from '../src/text/json.ts';
import { shellQuote } from '../src/text/shell.ts';

export interface ShellRequest {
  readonly command: string;
  readonly reply: ReplyForm;
}

/**
 * exit-2: the text on stderr and exit code 2 (Claude Code, Codex, Gemini CLI, Windsurf).
 * cursor, copilot: a JSON object on stdout and exit code 0.
 */
export type ReplyForm = 'exit-2' | 'cursor' | 'copilot';

export interface Reply {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Call after the reply has been written. */
  readonly onSent?: () => Promise<void>;
}

export const SILENT: Reply = { exitCode: 0, stdout: '', stderr: '' };

/** Returns null without a shell command in a known form. */
export function readShellRequest(event: unknown): ShellRequest | null {
  if (!isJsonObject(event)) return null;
  const { tool_input: input, tool_info: info, toolArgs } = event;
  if (isJsonObject(input)) return request(input.command, 'exit-2');
  if (isJsonObject(info)) return request(info.command_line, 'exit-2');
  if (toolArgs !== undefined) {
    const args = typeof toolArgs === 'string' ? parseJson(toolArgs).value : toolArgs;
    return isJsonObject(args) ? request(args.command, 'copilot') : null;
  }
  return request(event.command, 'cursor');
}

export function refuse(form: ReplyForm, text: string): Reply {
  switch (form) {
    case 'exit-2':
      return { exitCode: 2, stdout: '', stderr: text };
    case 'cursor':
      return json({ permission: 'deny', user_message: text, agent_message: text });
    case 'copilot':
      return json({ permissionDecision: 'deny', permissionDecisionReason: text });
  }
}

/** A command is a string or an argument vector such as `["bash", "-lc", "…"]`. */
function request(command: unknown, reply: ReplyForm): ShellRequest | null {
  if (typeof command === 'string') return { command, reply };
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return null;
  return { command: command.map(shellQuote).join(' '), reply };
}

/** A JSON answer on stdout. */
export function json(answer: object): Reply {
  return { exitCode: 0, stdout: `${JSON.stringify(answer)}\n`, stderr: '' };
}
