// Sandboxes by their environment variables, and the hint for a socket that they block.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isSandboxed, sandboxHint } from './sandbox.ts';

const SOCKET = '/home/me/.local/state/babysit/daemon.sock';
const CLAUDE = { SANDBOX_RUNTIME: '1' };
const CODEX = { CODEX_SANDBOX_NETWORK_DISABLED: '1' };

it('recognizes sandboxes by their variables', () => {
  for (const env of [CLAUDE, CODEX, { CODEX_SANDBOX: 'seatbelt' }]) assert.ok(isSandboxed(env));
  for (const env of [{}, { SANDBOX_RUNTIME: '0' }, { CLAUDECODE: '1' }]) assert.ok(!isSandboxed(env));
});

it('names the setting that opens the socket, and the document on its risk', () => {
  assert.match(
    sandboxHint(SOCKET, 'denied', CLAUDE) ?? '',
    /allowUnixSockets": \["\/home\/me.*docs\/guide\/agents\.md/,
  );
  assert.match(sandboxHint(SOCKET, 'denied', CODEX) ?? '', /network_access = true.*docs\/guide\/agents\.md/);
  assert.match(
    sandboxHint(SOCKET, 'denied', {}) ?? '',
    /denies this process access.*docs\/guide\/agents\.md/,
  );
});

it('mentions a sandbox for an absent socket only inside one', () => {
  assert.match(sandboxHint(SOCKET, 'absent', CLAUDE) ?? '', /^Start the daemon outside of the sandbox/);
  assert.equal(sandboxHint(SOCKET, 'absent', {}), undefined);
  assert.equal(sandboxHint(SOCKET, 'busy', CLAUDE), undefined);
});
