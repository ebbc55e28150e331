// The hook as harnesses call it: JSON on standard input; exit code and text as the answer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { SHIPPED } from '../cli/agents/heavy/rules.ts';
import { shellQuote } from '../src/text/shell.ts';
import { callHook, HOOKS_DIR, SILENT } from '../test/hooks/call-hook.ts';
import { BLOCKED, type Case, PASSED, VERDICTS } from '../test/hooks/cases.ts';
import { runCli } from '../test/support/cli.ts';
import { tempDir } from '../test/support/temp-dir.ts';

const CONCURRENCY = 4;
// The launcher rebuilds a stale build.
before(() => runCli(['version']));

const call = (input: string, env: NodeJS.ProcessEnv = {}, program = 'no-sleep-babysit.sh') =>
  callHook(program, input, env);

const claude = (command: string) =>
  JSON.stringify({
    session_id: '0f0e7a4c',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command, description: 'wait' },
  });

async function each<T>(values: readonly T[], judge: (value: T) => Promise<void>): Promise<void> {
  const queue = values.values();
  const worker = async () => {
    for (const value of queue) await judge(value);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

const firstOfKinds = (cases: readonly Case[]): Case[] =>
  [...Map.groupBy(cases, ({ kind }) => kind).values()].flatMap((group) => group.slice(0, 1));

describe('no-sleep-babysit.sh', () => {
  it('starts Node for every command of the tables that is not passed, and for every program of the rules', () => {
    const script = readFileSync(join(HOOKS_DIR, 'no-sleep-babysit.sh'), 'utf8');
    const filter = script.slice(
      script.indexOf('# Inside a JSON text'),
      script.indexOf('# A shell that cannot'),
    );
    const judged = VERDICTS.filter(({ because }) => because !== undefined);
    const heavy = SHIPPED.flatMap(({ programs }) => programs.filter((name) => !name.startsWith('/')));
    const commands = [
      ...[...BLOCKED, ...judged].map(({ command }) => command),
      ...heavy.map((program) => `cd ~/src/babysit && ${program} build`),
    ];
    const calls = commands.map((command) => `judge ${shellQuote(claude(command))}\n`).join('');
    const code = `pass() { echo "passed: $input"; exit 0; }\njudge() (\ninput=$1\n${filter})\n${calls}`;
    assert.equal(execFileSync('sh', ['-s'], { input: code, encoding: 'utf8' }), '');
  });

  it('blocks a command where the limits of the shell are too low for Node', async (t) => {
    const hook = join(tempDir(t), 'hook');
    const limits = 'ulimit -S -v 500000; ulimit -S -d 100000; ulimit -S -s 64; ulimit -S -n 16';
    writeFileSync(hook, `#!/bin/bash\n${limits}\nexec '${join(HOOKS_DIR, 'no-sleep-babysit.sh')}'\n`, {
      mode: 0o755,
    });
    const [blocked] = BLOCKED;
    assert.equal((await call(claude(blocked?.command ?? ''), {}, hook)).code, 2);
  });

  it('passes a command where Node cannot start, and names the hard limit', async (t) => {
    const hook = join(tempDir(t), 'hook');
    const [blocked] = BLOCKED;
    for (const [flag, text] of [
      [
        'v 500000',
        /hard limit of address space in KiB is 500000 \(ulimit -Hv\), and it needs 1572864\n {2}hint: /,
      ],
      ['n 16', /hard limit of open files is 16 \(ulimit -Hn\), and it needs 32\n {2}hint: /],
    ] as const) {
      const limits = `ulimit -c 0; ulimit -${flag}`;
      writeFileSync(hook, `#!/bin/bash\n${limits}\nexec '${join(HOOKS_DIR, 'no-sleep-babysit.sh')}'\n`, {
        mode: 0o755,
      });
      const { code, stdout, stderr } = await call(claude(blocked?.command ?? ''), {}, hook);
      assert.deepEqual([code, stdout], [0, '']);
      assert.match(stderr, text);
    }
  });

  it('blocks a command of each kind with exit 2 and its advice on stderr', () =>
    each(firstOfKinds(BLOCKED), async ({ command, advice = '' }) => {
      const { code, stdout, stderr } = await call(claude(command));
      assert.deepEqual([code, stdout], [2, ''], command);
      assert.ok(
        stderr.includes(`\n${advice.includes('\n') ? '' : '  '}${advice}\n`),
        `${command}: ${stderr}`,
      );
    }));

  it('passes a command of each kind with exit 0 and no output', () =>
    each(firstOfKinds(PASSED), async ({ command }) =>
      assert.deepEqual(await call(claude(command)), SILENT, command),
    ));

  it('knows the programs of rule files, from any directory of the repository', async (t) => {
    const dir = tempDir(t);
    for (const name of ['.git', '.babysit', 'src', 'home']) mkdirSync(join(dir, name));
    const rules = (rule: object) => JSON.stringify({ rules: [{ mode: 'deny', ...rule }] }, null, 2);
    writeFileSync(join(dir, '.babysit/rules.json'), rules({ name: 'sim', programs: 'sim', args: '--full' }));
    writeFileSync(join(dir, 'home/rules.json'), rules({ name: 'render', programs: ['/render-\\w+/'] }));
    const codes = await Promise.all(
      ['./sim --full', './sim', 'render-all', 'ls -la'].map(async (command) => {
        const input = JSON.stringify({ ...JSON.parse(claude(command)), cwd: join(dir, 'src') });
        return (await call(input, { BABYSIT_HOME: join(dir, 'home') })).code;
      }),
    );
    assert.deepEqual(codes, [2, 0, 2, 0]);
  });

  it('prints the advice, and in Claude Code how to run a long wait', async () => {
    const { stderr } = await call(
      claude('while ! babysit status build | grep -q completed; do sleep 5; done'),
    );
    assert.equal(
      stderr,
      `babysit: this command polls. Run this instead, without sleep or loop:
  babysit wait build
It returns at the event. Run it with run_in_background: the wait may take longer than a command may.
`,
    );
  });

  it('reads the input of other harnesses and answers in their form', async () => {
    const command = 'sleep 5; babysit status build';
    const gemini = { hook_event_name: 'BeforeTool', tool_name: 'run_shell_command', tool_input: { command } };
    const codex = { hook_event_name: 'PreToolUse', tool_input: { command: ['bash', '-lc', command] } };
    const windsurf = { agent_action_name: 'pre_run_command', tool_info: { command_line: command } };
    for (const input of [gemini, codex, windsurf]) {
      const { code, stdout, stderr } = await call(JSON.stringify(input));
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /\n {2}babysit wait build\n/);
    }
    const cursor = await call(JSON.stringify({ hook_event_name: 'beforeShellExecution', command, cwd: '/' }));
    const answer = JSON.parse(cursor.stdout);
    assert.deepEqual([cursor.code, cursor.stderr, answer.permission], [0, '', 'deny']);
    assert.match(answer.agent_message, /\n {2}babysit wait build\n/);
    for (const toolArgs of [JSON.stringify({ command }), { command }]) {
      const copilot = await call(JSON.stringify({ toolName: 'bash', toolArgs }));
      assert.equal(JSON.parse(copilot.stdout).permissionDecision, 'deny');
    }
  });

  it('passes input that it does not understand', () =>
    each(
      [
        '',
        'babysit sleep',
        '{"tool_input":{"command":"sleep 5; babysit status',
        '[]',
        'null',
        '"sleep 5; babysit status"',
        '{"tool_name":"Bash","tool_input":{"command":5,"x":"babysit sleep"}}',
        '{"tool_name":"Bash","tool_input":"sleep 5; babysit status"}',
        '{"tool_name":"Edit","tool_input":{"new_string":"sleep 5; babysit status"}}',
        '{"toolName":"bash","toolArgs":"{sleep 5; babysit"}',
        '\u0000\uffff babysit sleep',
      ],
      async (input) => assert.deepEqual(await call(input), SILENT, input),
    ));

  it('reads JSON over several lines, and large commands', async () => {
    const input = JSON.parse(claude('sleep 5; babysit status build'));
    assert.equal((await call(JSON.stringify(input, null, 2))).code, 2);
    const large = `cat > notes <<'END'\n${'sleep 5; babysit status\n'.repeat(20_000)}END\n`;
    assert.deepEqual(await call(claude(large)), SILENT);
    assert.equal((await call(claude(`${large}sleep 5; babysit status build`))).code, 2);
  });

  it('reads a BOM and CRLF, and passes 5 MB and damaged input of each harness', async () => {
    const poll = claude('sleep 5; babysit status build');
    assert.equal((await call(`\uFEFF${poll}`)).code, 2);
    assert.equal((await call(JSON.stringify(JSON.parse(poll), null, 2).replaceAll('\n', '\r\n'))).code, 2);
    const large = `sleep 5; babysit status build # ${'x'.repeat(5_000_000)}`;
    const gemini = {
      hook_event_name: 'BeforeTool',
      tool_name: 'run_shell_command',
      tool_input: { command: large },
    };
    const windsurf = { agent_action_name: 'pre_run_command', tool_info: { command_line: large } };
    const copilot = { toolName: 'bash', toolArgs: JSON.stringify({ command: large }) };
    const inputs = [claude(large), ...[gemini, windsurf, copilot].map((event) => JSON.stringify(event))];
    await each([...inputs, ...inputs.map((input) => input.slice(0, 300))], async (input) =>
      assert.deepEqual(await call(input), SILENT),
    );
    const cursor = JSON.stringify({ hook_event_name: 'beforeShellExecution', command: large });
    for (const input of [cursor, cursor.slice(0, 200)])
      assert.deepEqual(await call(input), { ...SILENT, stdout: '{"permission":"allow"}\n' });
  });

  it('can be switched off by the environment', async () =>
    assert.deepEqual(
      await call(claude('sleep 5; babysit status'), { BYPASS_SLEEP_BABYSIT_CHECK: '1' }),
      SILENT,
    ));

  it('passes every command without Node or without the build', async (t) => {
    const dir = tempDir(t);
    const poll = claude('sleep 5; babysit status');
    const nowhere = { BABYSIT_NODE: '/nonexistent', XDG_CACHE_HOME: dir, PATH: join(dir, 'bin') };
    cpSync('/bin/cat', join(dir, 'bin', 'cat'));
    for (const file of ['no-sleep-babysit.sh', 'find-node.sh'])
      cpSync(join(HOOKS_DIR, file), join(dir, 'hooks', file));
    const copy = join(dir, 'hooks', 'no-sleep-babysit.sh');
    assert.deepEqual(await call(poll, {}, copy), SILENT);
    mkdirSync(join(dir, 'dist'));
    writeFileSync(join(dir, 'dist', 'hooks.cjs'), 'process.exit(2)');
    assert.equal((await call(poll, {}, copy)).code, 2);
    assert.deepEqual(await call(poll, nowhere, copy), SILENT);
    rmSync(join(dir, 'hooks', 'find-node.sh'));
    assert.deepEqual(await call(poll, {}, copy), SILENT);
  });
});
