// Runs the commands of docs/guide as a reader would, page by page, and checks the exit codes and the output the pages show.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { DEADLINE_MS } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

const GUIDE = join(import.meta.dirname, '../../docs/guide');
/**
 * Two pages have tests of their own: test/coming-from and resumable-batch.test.ts. One needs a cluster with a shared
 * directory: test/integration/engines.test.ts runs its verbs.
 */
const NOT_RUN_HERE = ['coming-from.md', 'resumable-batch.md', 'cluster.md'];
/** The pages show a host with 2 cores. The daemon takes over the affinity of the command that starts it. */
const ON_TWO_CORES = availableParallelism() > 2 ? ['taskset', '-c', '0,1'] : [];

interface Step {
  readonly command: string;
  readonly exitCodes: readonly number[];
  /** Lines of output that the page shows; `…` stands for what it leaves out. */
  readonly shown: readonly string[];
}

interface Block {
  readonly language: string;
  /** Name of the file that the block is, or ''. */
  readonly file: string;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(GUIDE, page), 'utf8');
  return [...text.matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(
    ([, language = '', file = '', body = '']) => ({ language, file, text: body }),
  );
}

/** A `sh` block is one command. In a `console` block each `$ ` begins one, and its output follows. */
function stepsOf({ language, file, text }: Block): Step[] {
  if (language === 'sh' && file === '') return [{ command: text, exitCodes: [0], shown: [] }];
  if (language !== 'console') return [];
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...shown] = part.trimEnd().split('\n');
      const [, codes = '0'] = /# exit code (.*)$/.exec(command) ?? [];
      return { command, exitCodes: codes.split(' or ').map(Number), shown };
    });
}

function runShell(command: string, cwd: string, env: NodeJS.ProcessEnv, onOutput: () => unknown) {
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const [program = 'bash', ...args] = [...ON_TWO_CORES, 'bash', '-ec', command];
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        onOutput();
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Commands that return when a task ends or prints. */
const WAITS = /\bwait\b|--wait|--follow/;

/** Of JSON: every key, and the values that do not change from run to run. Other lines are compared whole. */
function partsOf(line: string): string[] {
  if (!/^[{…]/.test(line)) return line.includes('…') ? [] : [line];
  return [
    ...line.matchAll(/"\w+":/g),
    ...line.matchAll(/"(?:error|event|name|status|kill_reason|dim|exit_code)":(?:"[^"…]*"|\d+)/g),
  ].map(([part]) => part);
}

describe('docs/guide', { concurrency: 2 }, () => {
  for (const page of readdirSync(GUIDE).filter((name) => !NOT_RUN_HERE.includes(name)))
    it(`${page} does and prints what it shows`, async (t) => {
      const home = testHome(t);
      const cwd = join(home.work, 'project');
      mkdirSync(join(cwd, '.git'), { recursive: true });
      const { CLAUDE_CODE_SESSION_ID: _, ...inherited } = home.env;
      const env = {
        ...inherited,
        BABYSIT_NODE: process.execPath,
        PATH: `${dirname(BABYSIT)}${delimiter}${process.env.PATH}`,
      };
      const blocks = blocksOf(page);
      // A slow machine takes longer for a command than the tasks of the page sleep: they run until a command that waits has printed.
      const gate = join(home.work, 'gate');
      const untilWaited = `until [ -e '${gate}' ]; do sleep 0.1; done`;
      for (const { file, text } of blocks.filter((block) => block.file !== '')) {
        writeFileSync(join(cwd, file), text.replace(/\bsleep 1\b/, untilWaited));
        chmodSync(join(cwd, file), 0o755);
      }
      for (const { command, exitCodes, shown } of blocks.flatMap(stepsOf)) {
        rmSync(gate, { force: true });
        const onOutput = () => WAITS.test(command) && writeFileSync(gate, '');
        const { code, output } = await runShell(command, cwd, env, onOutput);
        assert.ok(code !== null && exitCodes.includes(code), `exit code ${code} of ${command}\n${output}`);
        const missing = shown.flatMap(partsOf).filter((part) => !output.includes(part));
        assert.deepEqual(missing, [], `${command}\n${output}`);
      }
    });
});
