// Detects the sandbox of an agent and names the setting that allows the daemon's socket.
import type { SocketFault } from './http.ts';

type Env = Readonly<Record<string, string | undefined>>;

const RISK =
  'A process that may write to this socket can run commands outside of the sandbox: see docs/guide/agents.md, also for a read-only socket.';

/** Recognizes the sandboxes of Claude Code (sandbox-runtime) and Codex. */
export function isSandboxed(env: Env): boolean {
  return harness(env) !== null;
}

/** Returns undefined when the fault does not point to a sandbox. */
export function sandboxHint(socket: string, fault: SocketFault, env: Env): string | undefined {
  if (fault === 'foreign')
    return 'Set BABYSIT_HOME to a directory of your own. sudo keeps HOME on some hosts: use sudo -H.';
  if (fault === 'denied') return `${allow(socket, env)} ${RISK}`;
  if (fault === 'absent' && isSandboxed(env))
    return `Start the daemon outside of the sandbox: babysit daemon-start. If it runs already, the sandbox hides it. ${allow(socket, env)} ${RISK}`;
  return undefined;
}

function allow(socket: string, env: Env): string {
  switch (harness(env)) {
    case 'claude':
      return `The sandbox of Claude Code blocks Unix sockets. In settings.json: "sandbox": {"network": {"allowUnixSockets": ["${socket}"]}} (macOS) or {"network": {"allowAllUnixSockets": true}} (Linux), or {"excludedCommands": ["babysit *"]}.`;
    case 'codex':
      return `The Codex sandbox blocks sockets. In config.toml: [sandbox_workspace_write] network_access = true; or run this command outside of the sandbox.`;
    case null:
      return `The kernel denies this process access to ${socket}: another user owns it, or a sandbox must allow this Unix socket.`;
  }
}

function harness(env: Env): 'claude' | 'codex' | null {
  if (env.SANDBOX_RUNTIME === '1') return 'claude';
  if (env.CODEX_SANDBOX || env.CODEX_SANDBOX_NETWORK_DISABLED === '1') return 'codex';
  return null;
}
