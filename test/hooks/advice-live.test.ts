// The advice for commands that name tasks in every state of a live daemon: it parses, ends, names existing tasks only, and
// each of its calls of babysit is one that the daemon answers.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse } from 'unbash';
import { SHIPPED } from '../../cli/agents/heavy/rules.ts';
import { type AllTasks, askTasks } from '../../hooks/known-tasks.ts';
import { namesIn } from '../../hooks/shell/words.ts';
import { verdictIn } from '../../hooks/verdict.ts';
import { SMALL } from '../support/budget.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { BLOCKED, VERDICTS } from './cases.ts';
import { runAll } from './emulate.ts';
import { requestOf } from './surroundings.ts';

const RUNNING = ['busy', 'quiet', 'still', 'twin', 'part-1'];
const NAMES = [...RUNNING, 'done', 'broken', 'ended', 'again', 'queued', 'held'];
const NOT_ENDED = new Set([...RUNNING, 'queued', 'held']);
/** The harness ends a command after its limit. A wait is bounded instead. */
const LIMIT = '--timeout=100ms';
const CALLS_AT_ONCE = 4;

/** Tasks that run, are silent, paused, queued, held, completed, failed, killed and retried, of a batch, and twice by name. */
async function submitAll(home: TestHome): Promise<void> {
  const succeed = async (args: readonly string[], options = {}) => {
    const { code, stderr } = await home.run(args, options);
    assert.ok(code === 0, `${args.join(' ')}: ${stderr}`);
  };
  const request = (name: string, command: string, more = {}) => JSON.stringify({ name, command, ...more });
  const batch = [
    ...RUNNING.map((name) => request(name, name === 'quiet' ? 'sleep 600' : 'echo started; sleep 600')),
    request('done', 'true'),
    request('broken', 'exit 3'),
    request('ended', 'sleep 600'),
    request('again', 'exit 4'),
    request('queued', 'true', { after: 'busy' }),
  ].join('\n');
  await succeed(['run', ...SMALL, '--batch=-'], { stdin: batch });
  const other = join(home.work, 'other');
  mkdirSync(join(other, '.git'), { recursive: true });
  await succeed(['run', ...SMALL, '--name=twin', '--command=sleep 600'], { cwd: other });
  await home.run(['wait', 'done', 'broken', 'again']);
  await succeed(['kill', 'ended']);
  await succeed(['pause', 'still']);
  await succeed(['retry', 'again']);
  await home.run(['wait', 'again']);
  await succeed(['hold']);
  await succeed(['run', ...SMALL, '--queue', '--name=held', '--command=true']);
}

/** The command with other names of tasks: those that its advice waits for. */
function renamed({ command, advice }: { command: string; advice: string }, name: string): string {
  const waited = [...advice.matchAll(/\bwait ((?:[\w.-]+ ?)+)/g)].flatMap(([, names = '']) =>
    names.split(' '),
  );
  const names = new Set(waited.filter((each) => /^[a-z][\w.-]*$/.test(each)));
  return [...names].reduce(
    (text, each) => text.replace(new RegExp(`(?<![\\w./=-]|run .*)${each}(?![\\w-])`, 'g'), name),
    command,
  );
}

it('advice for tasks in every state', async (t) => {
  const home = testHome(t);
  await submitAll(home);
  const request = { ...requestOf(''), cwd: home.work, session: null };
  const found: AllTasks[] = [];
  // A daemon that does not answer at once is not asked.
  const hasAnswer = async () => {
    const tasks = await askTasks(request, home.env);
    if (tasks !== null) found.push(tasks);
    return tasks !== null;
  };
  await waitUntil(hasAnswer, { what: 'an answer in time' });
  const [tasks] = found;
  assert.ok(tasks);
  const around = {
    tasks,
    routing: { mode: 'off', rules: SHIPPED },
    mayBypass: false,
    noteLook: null,
  } as const;
  const polls = [
    ...BLOCKED,
    ...VERDICTS.flatMap(({ because, advice, ...more }) =>
      because === 'polls' && advice !== undefined ? [{ ...more, advice }] : [],
    ),
  ];
  const advised = polls.flatMap((each, i) => {
    const command = renamed(each, NAMES[i % NAMES.length] ?? '');
    const verdict = verdictIn({ ...request, command }, around);
    return verdict === null ? [] : [{ command, advice: verdict.instead }];
  });
  // A file or a pid of a task that this daemon does not know is none of its tasks.
  assert.ok(advised.length > polls.length * 0.9, `${advised.length} of ${polls.length}`);
  for (const { command, advice } of advised)
    assert.deepEqual(parse(advice).errors ?? [], [], `${command}\n=> ${advice}`);
  const runs = runAll(
    tempDir(t),
    advised.map(({ advice }) => advice),
    (i) => ['completed', 'running'][i % 2] ?? '',
  );
  const calls = new Map<string, string>();
  for (const [i, { code, calls: own }] of runs.entries()) {
    const { command = '', advice = '' } = advised[i] ?? {};
    assert.notEqual(code, 99, `no end: ${advice}`);
    for (const call of own) {
      const known = NAMES.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(call));
      const isLook = /^(?:wait|status|logs?|list|ls|ps)\b/.test(call) && !/--home|--follow|\t-f\b/.test(call);
      if (isLook && known.length > 0) calls.set(shapeOf(call, known), call);
      const [verb, ...words] = call.split('\t');
      if (verb !== 'wait') continue;
      for (const word of words.filter((each) => /^[a-z][\w.-]*$/.test(each)))
        assert.ok(
          NAMES.includes(word) || command.includes(word) || namesIn(command).length > 0,
          `${command}\n=> ${advice}\nwaits for ${word}`,
        );
    }
  }
  for (const name of NAMES) calls.set(`wait ${name}`, `wait\t${name}`);
  const queue = calls.values();
  const worker = async () => {
    for (const call of queue) await answer(home, call);
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
});

/** One call of each form. */
const shapeOf = (call: string, names: readonly string[]) =>
  names.reduce((text, name) => text.replaceAll(name, '*'), call).replace(/\d+/g, '0');

async function answer(home: TestHome, call: string): Promise<void> {
  const words = call.split('\t').filter((word) => word !== '');
  const isWait = words[0] === 'wait';
  const isOver = words.slice(1).every((word) => NAMES.includes(word) && !NOT_ENDED.has(word));
  const unbound = words.filter((word, i) => !word.startsWith('--timeout') && words[i - 1] !== '--timeout');
  const args = isWait && !isOver ? [...unbound, LIMIT] : words;
  const { code, stderr } = await home.run(args);
  // 1: a task failed, or a pending task has no log; 124: the limit.
  const isExpected = [0, 1, ...(isWait ? [124] : [])].includes(code ?? -1);
  assert.ok(isExpected && !/not_found/.test(stderr), `${call}: ${code} ${stderr}`);
  if (isWait && words.length === 2) assert.equal(code === 124, !isOver, call);
}
