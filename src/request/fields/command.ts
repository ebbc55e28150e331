// Fields of a request that name the task and its command, and what it takes from its caller.
import type { FieldRow } from '../field-row.ts';

export const COMMAND_FIELDS = {
  name: {
    as: 'name',
    type: 'name',
    value: 'NAME',
    default: 'made from the command',
    batch: 'line',
    help: { run: 'name of the task, unique among live tasks of the project' },
  },
  command: {
    as: 'line',
    type: 'line',
    value: 'LINE',
    excludes: ['argv'],
    batch: 'line',
    help: {
      run: 'command as one shell string, run by bash -c',
      retry: 'run this command instead, one shell string',
    },
  },
  argv: {
    as: 'argv',
    type: 'argv',
    value: 'PROGRAM ARG...',
    batch: 'line',
    help: { run: 'command as a program and its arguments, run without a shell' },
  },
  cwd: {
    as: 'cwd',
    type: 'path',
    value: 'DIR',
    default: 'the current directory',
    mcp: 'directory of the command (default: that of this server)',
    help: { run: 'directory of the command' },
  },
  env: {
    as: 'env',
    type: 'env',
    value: 'K=V',
    mcp: 'variables that override the environment of this server',
    help: {
      run: 'variable that overrides the environment of the caller; repeatable',
      retry: 'variable that changes in the environment of the task; repeatable',
    },
  },
  owner: {
    as: 'owner',
    type: 'text',
    min: 1,
    max: 256,
    value: 'NAME',
    mcp: false,
    help: {
      run: 'owner of the task (default: CLAUDE_CODE_SESSION_ID)',
      wait_for_capacity: 'owner of the lease (default: CLAUDE_CODE_SESSION_ID, else the project)',
    },
  },
} as const satisfies Readonly<Record<string, FieldRow>>;
