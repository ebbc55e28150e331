// Calls a hook as a harness does: JSON on standard input.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface HookAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const SILENT: HookAnswer = { code: 0, stdout: '', stderr: '' };
export const HOOKS_DIR = join(import.meta.dirname, '../../hooks');

/** `program` is a script in hooks/, or a path. */
export function callHook(program: string, input: string, env: NodeJS.ProcessEnv = {}): Promise<HookAnswer> {
  return new Promise((resolve, reject) => {
    const path = program.includes('/') ? program : join(HOOKS_DIR, program);
    const child = spawn(path, { env: { ...process.env, BABYSIT_NODE: process.execPath, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}
