// The inputs of the harnesses, as they document or send them, and the answers that they expect.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Harness, inform, readShellRequest, refuse, replace } from './harness.ts';

const command = 'sleep 5; babysit status build';
const claude = {
  session_id: '0f0e7a4c-6d54-4f0e-9a57-0f1f54d1c0de',
  transcript_path: '/home/u/.claude/projects/p/0f0e7a4c.jsonl',
  cwd: '/home/u/p',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command, description: 'Wait', timeout: 600_000, run_in_background: true },
  tool_use_id: 'toolu_01',
};
const cursor = {
  hook_event_name: 'beforeShellExecution',
  conversation_id: 'conv-123',
  generation_id: 'gen-456',
  workspace_roots: ['/home/u/p'],
  model: 'gpt-5',
  cursor_version: '2.0.77',
  command,
  cwd: '/home/u/p',
};

/** [what, event, harness, the keys of a refusal on stdout; none: stderr and exit code 2]. */
const SHELL: readonly (readonly [string, object, Harness, readonly string[]])[] = [
  ['Claude Code', claude, 'claude', []],
  [
    'Claude Code, Monitor',
    { ...claude, tool_name: 'Monitor', tool_input: { command, description: 'x' } },
    'claude',
    [],
  ],
  [
    'Codex',
    {
      session_id: 's',
      turn_id: 't',
      cwd: '/p',
      model: 'gpt-5',
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command },
    },
    'codex',
    [],
  ],
  [
    'Codex, words',
    { hook_event_name: 'PreToolUse', tool_input: { command: ['bash', '-lc', command] } },
    'codex',
    [],
  ],
  [
    'Gemini CLI',
    {
      session_id: 's',
      transcript_path: '/t',
      cwd: '/p',
      hook_event_name: 'BeforeTool',
      timestamp: '2026-01-01T00:00:00Z',
      tool_name: 'run_shell_command',
      tool_input: { command, directory: '.' },
    },
    'gemini',
    [],
  ],
  [
    'Windsurf',
    {
      agent_action_name: 'pre_run_command',
      trajectory_id: 't',
      execution_id: 'e',
      tool_info: { command_line: command, cwd: '/p' },
    },
    'windsurf',
    [],
  ],
  [
    'opencode, Kilo',
    {
      harness: 'opencode',
      hook_event_name: 'PreToolUse',
      tool_name: 'bash',
      session_id: 'ses_1',
      cwd: '/p',
      tool_input: { command, description: 'Wait' },
    },
    'opencode',
    [],
  ],
  ['Cursor', cursor, 'cursor', ['permission', 'user_message', 'agent_message']],
  [
    'Cursor, preToolUse',
    {
      ...cursor,
      command: undefined,
      hook_event_name: 'preToolUse',
      tool_name: 'Shell',
      tool_input: { command, working_directory: '/p' },
    },
    'cursor',
    ['permission', 'user_message', 'agent_message'],
  ],
  [
    'Copilot CLI',
    { timestamp: 1704614600000, cwd: '/p', toolName: 'bash', toolArgs: JSON.stringify({ command }) },
    'copilot',
    ['permissionDecision', 'permissionDecisionReason'],
  ],
  [
    'Copilot SDK',
    { timestamp: 1704614600000, cwd: '/p', toolName: 'shell', toolArgs: { command } },
    'copilot',
    ['permissionDecision', 'permissionDecisionReason'],
  ],
  [
    'Copilot CLI, PascalCase',
    {
      hook_event_name: 'PreToolUse',
      session_id: 's',
      timestamp: '2026-01-01T00:00:00Z',
      cwd: '/p',
      tool_name: 'bash',
      tool_input: { command },
    },
    'copilot-cli',
    ['permissionDecision', 'permissionDecisionReason', 'hookSpecificOutput'],
  ],
];

const OTHER: readonly (readonly [string, object])[] = [
  ['Claude Code, Edit', { ...claude, tool_name: 'Edit', tool_input: { new_string: command } }],
  ['Claude Code, an MCP tool', { ...claude, tool_name: 'mcp__x__run', tool_input: { command } }],
  ['Claude Code, PostToolUse', { ...claude, hook_event_name: 'PostToolUse' }],
  ['Claude Code, PermissionRequest', { ...claude, hook_event_name: 'PermissionRequest' }],
  [
    'Cursor, beforeMCPExecution',
    { ...cursor, hook_event_name: 'beforeMCPExecution', tool_name: 'q', tool_input: '{}' },
  ],
  [
    'Cursor, afterShellExecution',
    { ...cursor, hook_event_name: 'afterShellExecution', output: 'x', duration: 1 },
  ],
  ['Copilot CLI, edit', { toolName: 'edit', toolArgs: JSON.stringify({ command }) }],
  [
    'Gemini CLI, write_file',
    { hook_event_name: 'BeforeTool', tool_name: 'write_file', tool_input: { content: command } },
  ],
  [
    'Gemini CLI, AfterTool',
    { hook_event_name: 'AfterTool', tool_name: 'run_shell_command', tool_input: { command } },
  ],
];

describe('harnesses', () => {
  for (const [what, event, harness, keys] of SHELL)
    it(`${what}: reads the command and refuses in its form`, () => {
      const request = readShellRequest(event);
      assert.ok(request);
      assert.ok(request.command.includes('babysit status build'));
      assert.equal(request.harness, harness);
      const { exitCode, stdout, stderr } = refuse(request, 'why');
      if (keys.length === 0) assert.deepEqual([exitCode, stdout, stderr], [2, '', 'why\n']);
      else {
        assert.deepEqual([exitCode, stderr], [0, '']);
        const answer = JSON.parse(stdout);
        assert.deepEqual(Object.keys(answer), keys);
        assert.equal(answer.permission ?? answer.permissionDecision, 'deny');
      }
    });

  for (const [what, event] of OTHER)
    it(`${what}: is not judged`, () => assert.equal(readShellRequest(event), null));

  it('passes events whose fields have another type', () => {
    for (const [, event] of SHELL)
      for (const key of Object.keys(event))
        for (const value of [null, 5, [], {}, '\u0000', [['x']], { command: [5] }])
          assert.doesNotThrow(() => readShellRequest({ ...event, [key]: value }));
  });

  it('reads the limit and the background of Claude Code', () => {
    const request = readShellRequest(claude);
    assert.deepEqual([request?.limitMs, request?.isBackground, request?.cwd], [600_000, true, '/home/u/p']);
    assert.equal(readShellRequest({ ...claude, tool_input: { command } })?.limitMs, 120_000);
  });

  it('changes a command only where the harness can, and keeps its other input', () => {
    const request = readShellRequest(claude);
    assert.ok(request);
    const answer = JSON.parse(replace(request, 'x', 'why')?.stdout ?? '').hookSpecificOutput;
    assert.deepEqual(answer.updatedInput, { ...claude.tool_input, command: 'x' });
    assert.equal(answer.permissionDecision, 'ask');
    for (const [, event, harness] of SHELL) {
      const each = readShellRequest(event);
      assert.ok(each);
      const isChanged = replace(each, 'x', 'why') !== null;
      const mayChange =
        ['claude', 'copilot', 'gemini', 'opencode'].includes(harness) ||
        ('tool_input' in event && harness === 'cursor');
      assert.equal(isChanged, mayChange, JSON.stringify(event));
    }
  });

  it('informs where the harness shows it', () => {
    for (const [, event, harness] of SHELL) {
      const each = readShellRequest(event);
      assert.ok(each);
      const { exitCode, stdout } = inform(each, 'use babysit');
      assert.equal(exitCode, 0);
      assert.equal(stdout.includes('use babysit'), harness !== 'windsurf' && harness !== 'opencode');
    }
  });
});
