// Names the agent session or the terminal to which a process belongs, from its ancestors and their environment.
import { readProcFile } from '../proc-files.ts';
import { parseStat } from '../process/stat.ts';

/** Variables that agents give to their commands, with the name of the agent. Only a session id is shown, no other value. */
const AGENTS: readonly (readonly [variable: string, agent: string])[] = [
  ['CLAUDECODE', 'claude'],
  ['CODEX_SANDBOX', 'codex'],
  ['CODEX_SANDBOX_NETWORK_DISABLED', 'codex'],
  ['GEMINI_CLI', 'gemini'],
  ['CURSOR_AGENT', 'cursor'],
];
const SESSION = 'CLAUDE_CODE_SESSION_ID';
const SHOWN_ID = /^[\w.:-]{1,64}$/;
const MOST_ANCESTORS = 64;

/** `agent session 7f2c`, `agent codex`, `terminal pts/3`; null when neither is known. */
export function readOrigin(pid: number, procRoot = '/proc'): string | null {
  let terminal: string | null = null;
  for (let at = pid, n = 0; at > 1 && n < MOST_ANCESTORS; n += 1) {
    const agent = agentIn(readProcFile(at, 'environ', procRoot) ?? '');
    if (agent !== null) return agent;
    const stat = parseStat(readProcFile(at, 'stat', procRoot) ?? '');
    if (stat === null) break;
    terminal ??= terminalName(stat.field(7));
    at = stat.ppid;
  }
  return terminal === null ? null : `terminal ${terminal}`;
}

function agentIn(environ: string): string | null {
  const variables = new Map(
    environ.split('\0').map((entry) => {
      const end = entry.indexOf('=');
      return [entry.slice(0, end), entry.slice(end + 1)] as const;
    }),
  );
  const session = variables.get(SESSION) ?? '';
  if (SHOWN_ID.test(session)) return `agent session ${session}`;
  const known = AGENTS.find(([variable]) => variables.get(variable));
  return known === undefined ? null : `agent ${known[1]}`;
}

/** proc_pid_stat(5), field 7: the minor number is in bits 0 to 7 and 20 to 31, the major in bits 8 to 15. */
function terminalName(device: number): string | null {
  const major = (device >> 8) & 0xff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${minor + 256 * (major - 136)}`;
  return major === 4 && minor < 64 ? `tty${minor}` : null;
}
