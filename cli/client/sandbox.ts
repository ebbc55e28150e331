// Sandboxes of agents: whether this command runs in one, and which setting lets it through to the socket.
import type { SocketFault } from './client.ts';

type Env = Readonly<Record<string, string | undefined>>;

const RISK =
  'Who may write to it runs commands outside of the sandbox: see docs/guide/agents.md, also for a socket that can only look.';

/** Of those that say so: Claude Code's (sandbox-runtime) and Codex'. */
export function isSandboxed(env: Env): boolean {
  return harness(env) !== null;
}

/** Undefined: nothing hints at a sandbox. */
export function sandboxHint(socket: string, fault: SocketFault, env: Env): string | undefined {
  if (fault === 'denied') return `${allow(socket, env)} ${RISK}`;
  if (fault === 'absent' && isSandboxed(env))
    return `Start the daemon outside of the sandbox: babysit daemon-start. If it runs, the sandbox hides it. ${allow(socket, env)} ${RISK}`;
  return undefined;
}

function allow(socket: string, env: Env): string {
  switch (harness(env)) {
    case 'claude':
      return `Claude Code's sandbox blocks Unix sockets. In settings.json: "sandbox": {"network": {"allowUnixSockets": ["${socket}"]}} (macOS) or {"network": {"allowAllUnixSockets": true}} (Linux), or {"excludedCommands": ["babysit *"]}.`;
    case 'codex':
      return `Codex' sandbox blocks sockets. In config.toml: [sandbox_workspace_write] network_access = true; or let this command run outside of the sandbox.`;
    case null:
      return `The system forbids this process to connect to ${socket}: it is of another user, or a sandbox has to allow this Unix socket.`;
  }
}

function harness(env: Env): 'claude' | 'codex' | null {
  if (env.SANDBOX_RUNTIME === '1') return 'claude';
  if (env.CODEX_SANDBOX || env.CODEX_SANDBOX_NETWORK_DISABLED === '1') return 'codex';
  return null;
}
