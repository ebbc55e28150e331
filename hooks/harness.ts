// Reads the input that agent harnesses give their hooks, and builds the answers that they expect.
import { isJsonObject, parseJson } from '../src/text/json.ts';
import { shellQuote } from '../src/text/shell.ts';

export const HARNESSES = [
  'claude',
  'codex',
  'copilot',
  'copilot-cli',
  'cursor',
  'gemini',
  'opencode',
  'windsurf',
] as const;
export type Harness = (typeof HARNESSES)[number];

export interface ShellRequest {
  readonly command: string;
  readonly harness: Harness;
  /** The directory of the agent, when the harness reports it. */
  readonly cwd: string | null;
  /** The agent's session, when the harness reports it. */
  readonly session: string | null;
  /** The harness runs the command in the background and reports its end. */
  readonly isBackground: boolean;
  /** The time after which the harness ends the command. */
  readonly limitMs: number | null;
  /** The whole input of the tool, for an answer that changes it. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly permissionMode: string | null;
}

export interface Reply {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Call after the reply has been written. */
  readonly onSent?: () => Promise<void>;
}

export const SILENT: Reply = { exitCode: 0, stdout: '', stderr: '' };

/** The events before a tool runs. Others, such as Cursor's beforeMCPExecution, have no shell command. */
const EVENTS = new Set(['PreToolUse', 'preToolUse', 'BeforeTool', 'beforeShellExecution', 'pre_run_command']);
/** The tools that run a shell command. `Monitor` of Claude Code runs one and reports its lines. */
const TOOLS =
  /^(?:bash|monitor|shell|local_shell|powershell|terminal|exec_command|run_shell_command|run_in_terminal|runInTerminal|execute_command|run_command)$/i;
/** Claude Code's time for a command without `timeout`. */
const CLAUDE_LIMIT_MS = 120_000;

/** Returns null without a shell command in a known form. */
export function readShellRequest(event: unknown): ShellRequest | null {
  if (!isJsonObject(event)) return null;
  const name = event.hook_event_name ?? event.agent_action_name;
  if (name !== undefined && !EVENTS.has(String(name))) return null;
  const tool = event.tool_name ?? event.toolName;
  if (tool !== undefined && !TOOLS.test(String(tool))) return null;
  if (isJsonObject(event.tool_info))
    return request(event.tool_info, event.tool_info.command_line, 'windsurf', event);
  if (event.toolArgs !== undefined) {
    const args = typeof event.toolArgs === 'string' ? parseJson(event.toolArgs).value : event.toolArgs;
    return isJsonObject(args) ? request(args, args.command, 'copilot', event) : null;
  }
  if (isJsonObject(event.tool_input))
    return request(event.tool_input, event.tool_input.command, harnessOf(event), event);
  return name === 'beforeShellExecution' ? request(event, event.command, 'cursor', event) : null;
}

function harnessOf(event: Readonly<Record<string, unknown>>): Harness {
  // Set by the plugin in opencode.js.
  if (event.harness === 'opencode') return 'opencode';
  if (event.cursor_version !== undefined || event.conversation_id !== undefined) return 'cursor';
  if (event.hook_event_name === 'BeforeTool') return 'gemini';
  // Copilot CLI with an event in PascalCase sends the form of Claude Code, but its own names of tools.
  if (event.tool_name !== undefined && /^[a-z]/.test(String(event.tool_name))) return 'copilot-cli';
  const isCodex = event.turn_id !== undefined || event.model !== undefined || !isText(event.tool_name);
  return isCodex && event.permission_mode !== 'plan' && event.transcript_path === undefined
    ? 'codex'
    : 'claude';
}

function request(
  input: Readonly<Record<string, unknown>>,
  command: unknown,
  harness: Harness,
  event: Readonly<Record<string, unknown>>,
): ShellRequest | null {
  const text = commandText(command);
  if (text === null) return null;
  const cwd = [input.cwd, input.working_directory, event.cwd].find(isText) ?? null;
  const session =
    [event.session_id, event.conversation_id, event.sessionId, event.trajectory_id].find(isText) ?? null;
  const isBackground =
    input.run_in_background === true || input.is_background === true || event.tool_name === 'Monitor';
  const timeout = typeof input.timeout === 'number' ? input.timeout : null;
  return {
    command: text,
    harness,
    cwd,
    session,
    isBackground,
    limitMs: harness === 'claude' ? (timeout ?? CLAUDE_LIMIT_MS) : timeout,
    input,
    permissionMode: isText(event.permission_mode) ? event.permission_mode : null,
  };
}

/** A command is a string or an argument vector such as `["bash", "-lc", "…"]`. */
function commandText(command: unknown): string | null {
  if (typeof command === 'string') return command;
  if (!Array.isArray(command) || !command.every(isText)) return null;
  return command.map(shellQuote).join(' ');
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** The command does not run, and the agent reads the text. */
export function refuse({ harness }: ShellRequest, text: string): Reply {
  const decision = { permissionDecision: 'deny', permissionDecisionReason: text };
  switch (harness) {
    case 'cursor':
      return json({ permission: 'deny', user_message: text, agent_message: text });
    case 'copilot':
      return json(decision);
    case 'copilot-cli':
      return json({ ...decision, hookSpecificOutput: { hookEventName: 'PreToolUse', ...decision } });
    default:
      return { exitCode: 2, stdout: '', stderr: text.endsWith('\n') ? text : `${text}\n` };
  }
}

/** The command runs, and the agent reads the text where the harness can show it. */
export function inform({ harness }: ShellRequest, text: string): Reply {
  switch (harness) {
    case 'claude':
    case 'copilot-cli':
      return json({ hookSpecificOutput: { hookEventName: 'PreToolUse', additionalContext: text } });
    case 'copilot':
      return json({ additionalContext: text });
    case 'codex':
    case 'gemini':
      return json({ systemMessage: text });
    case 'cursor':
      return json({ permission: 'allow', agent_message: text });
    case 'opencode':
    case 'windsurf':
      return SILENT;
  }
}

/** Another command runs instead. Null where the harness cannot do that. */
export function replace(
  { harness, input, permissionMode }: ShellRequest,
  command: string,
  text: string,
): Reply | null {
  const changed = { ...input, command };
  switch (harness) {
    case 'claude': {
      // "allow" would also skip the user's own question about the command.
      const isAsking = permissionMode !== 'bypassPermissions';
      const permissionDecision = isAsking ? 'ask' : 'allow';
      return json({
        hookSpecificOutput: {
          hookEventName: 'PreToolUse',
          permissionDecision,
          permissionDecisionReason: text,
          updatedInput: changed,
        },
      });
    }
    case 'copilot':
      return json({ modifiedArgs: changed });
    case 'opencode':
      return json({ updatedInput: changed });
    case 'gemini':
      return json({ hookSpecificOutput: { hookEventName: 'BeforeTool', tool_input: changed } });
    case 'cursor':
      // beforeShellExecution cannot change the command.
      return input.hook_event_name === 'beforeShellExecution'
        ? null
        : json({ permission: 'allow', updated_input: changed });
    default:
      return null;
  }
}

/** A JSON answer on stdout. */
export function json(answer: object): Reply {
  return { exitCode: 0, stdout: `${JSON.stringify(answer)}\n`, stderr: '' };
}
