// Frames of MCP that are not JSON-RPC.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { BABYSIT, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

it('a frame without "jsonrpc" gets an error', (t) => {
  const { env, work } = testHome(t);
  const info = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const frames = [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: info },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { id: 99, method: 'ping' },
    { jsonrpc: '2.0', id: 100, method: 'ping' },
  ];
  const input = frames.map((frame) => `${JSON.stringify(frame)}\n`).join('');
  const { stdout } = spawnSync(BABYSIT, ['mcp'], { cwd: work, env, input, encoding: 'utf8' });
  const answers = jsonLines(stdout);
  assert.ok(answers.some(({ id, error }) => id === null && (error as { code: number }).code === -32600));
});
