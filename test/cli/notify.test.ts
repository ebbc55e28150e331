// run --on_end and notify.targets: each event arrives at least once and in order, also over a kill of the daemon.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { type CodexTurn, codexServer } from '../support/codex-server.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { show } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const SECRET = Buffer.from('a secret').toString('base64');

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const calls: Call[] = [];
/** What the stand-in for the server of opencode got. */
const prompts: (Call & { readonly path: string })[] = [];
/** The receiver is down while this is true. */
let isDown = false;
const server: Server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    if (request.url?.startsWith('/oc/')) {
      const { url: path, headers } = request;
      prompts.push({ path, headers, body });
      response.writeHead(/^\/oc\/session\/ses_1\/prompt_async$/.test(path) ? 204 : 404).end();
      return;
    }
    if (!isDown) calls.push({ headers: request.headers, body });
    response.writeHead(isDown ? 503 : 204).end();
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

const home = testHome({ after });
after(() => {
  server.closeAllConnections();
  server.close();
});
writeFileSync(join(home.work, 'secret'), `whsec_${SECRET}\n`);
writeFileSync(join(home.work, 'password'), 'pass word\n');
const codexSocket = join(home.work, 'codex.sock');
const targets = [
  { webhook: url, secret_file: join(home.work, 'secret') },
  { name: 'killed', on: ['killed'], command: `cat >>${home.work}/killed; echo >>${home.work}/killed` },
  { codex: `unix://${codexSocket}`, tag: 'codex', session: 'thr_1' },
  {
    opencode: url.replace('/hook', '/oc'),
    tag: 'opencode',
    on: ['ended'],
    secret_file: join(home.work, 'password'),
  },
];
writeFileSync(join(home.dir, 'config.json'), JSON.stringify({ notify: { targets } }));

async function run(name: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await home.run(['run', ...SMALL, `--name=${name}`, ...args]);
  assert.equal(code, 0, stderr);
}
interface Delivery {
  readonly target: string;
  readonly attempts: number;
  readonly delivered_at: string | null;
  readonly error: string | null;
}
const deliveries = async (name: string) => ((await show(home, name)).deliveries ?? []) as Delivery[];
const areDelivered = async (name: string) => {
  const rows = await deliveries(name);
  return rows.length > 0 && rows.every((row) => row.delivered_at !== null);
};
const namesOf = (some: readonly Call[]) =>
  some.map(({ body }) => (JSON.parse(body) as { name: string }).name);

describe('a notification', () => {
  it('--on_end gets the end in variables and as JSON, and is tried again until it exits with 0', async () => {
    const seen = join(home.work, 'seen');
    const line = `echo x >>${seen}.tries; [ $(wc -l <${seen}.tries) = 2 ] || { echo no >&2; exit 3; }
      { echo "$BABYSIT_NAME $BABYSIT_STATUS $BABYSIT_EXIT_CODE $MINE $PWD"; cat; } >${seen}`;
    const { code } = await home.run([
      'run',
      '--wait',
      ...SMALL,
      '--name=a',
      '--env=MINE=yes',
      `--on_end=${line}`,
      'exit 5',
    ]);
    assert.equal(code, 1);
    await waitUntil(async () => (await deliveries('a')).some(({ attempts }) => attempts > 0), {
      what: 'the first attempt',
    });
    await waitUntil(() => areDelivered('a'), { what: 'the second attempt' });
    const [first = '', json = ''] = readFileSync(seen, 'utf8').split('\n');
    assert.equal(first, `a failed 5 yes ${home.work}`);
    const { event, name, status, exit_code } = JSON.parse(json);
    assert.deepEqual([event, name, status, exit_code], ['ended', 'a', 'failed', 5]);
    const { target, attempts } = (await deliveries('a')).find((row) => row.target.startsWith('on_end')) ?? {};
    assert.deepEqual([target, attempts], [`on_end of ${(await show(home, 'a')).id}`, 2]);
  });

  it('of a webhook is signed, and of a filter comes only where it matches', async () => {
    await run('b', 'sleep 600');
    await home.run(['kill', '--force', 'b']);
    await waitUntil(() => areDelivered('b'), { what: 'the deliveries' });
    const { headers, body } = calls.at(-1) as Call;
    const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', Buffer.from(SECRET, 'base64')).update(text).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signature}`);
    const lines = readFileSync(join(home.work, 'killed'), 'utf8').trim().split('\n');
    assert.deepEqual(
      lines.map((each) => [JSON.parse(each).name, JSON.parse(each).kill_reason]),
      [['b', 'manual']],
    );
  });

  it('is a turn of Codex, also in a thread that is not loaded and when the server comes later', async () => {
    await run('x1', '--tag=codex', 'echo the output; exit 3');
    await run('x2', '--tag=codex', '--after=x1', 'true');
    const ofCodex = async (name: string) =>
      (await deliveries(name)).find(({ target }) => target === 'codex') as Delivery;
    await waitUntil(async () => ((await ofCodex('x1'))?.attempts ?? 0) > 0, { what: 'an attempt' });
    assert.match((await ofCodex('x1')).error ?? '', /ENOENT/);
    const turns: CodexTurn[] = [];
    const codex = codexServer(codexSocket, new Set(), turns);
    try {
      for (const name of ['x1', 'x2']) await waitUntil(() => areDelivered(name), { what: `that of ${name}` });
    } finally {
      codex.closeAllConnections();
      codex.close();
    }
    const id = (await show(home, 'x1')).id;
    assert.deepEqual(turns[0], {
      threadId: 'thr_1',
      text: `babysit: task x1 (${id}) ended as failed: exit code 3\nNext: babysit log ${id}`,
    });
    assert.deepEqual(
      turns.map(({ text }) => text.split(' ')[2]),
      ['x1', 'x2'],
    );
    assert.doesNotMatch(JSON.stringify(turns), /the output/);
  });

  it('is a prompt of opencode in the session that owns the task', async () => {
    await run('o', '--tag=opencode', '--owner=ses_1', 'echo the output; exit 4');
    await waitUntil(() => areDelivered('o'), { what: 'the prompt' });
    const [{ path, headers, body } = {} as (typeof prompts)[number]] = prompts;
    assert.equal(path, '/oc/session/ses_1/prompt_async');
    assert.equal(headers.authorization, `Basic ${Buffer.from('opencode:pass word').toString('base64')}`);
    const { parts } = JSON.parse(body);
    assert.equal(parts[0].type, 'text');
    assert.match(
      parts[0].text,
      /^babysit: task o \(\w+\) ended as failed: exit code 4\nNext: babysit log \w+$/,
    );
  });

  it('reaches a receiver that was down, in order, also when the daemon was killed in between', async () => {
    isDown = true;
    const before = calls.length;
    for (const name of ['c', 'd']) await home.run(['run', '--wait', ...SMALL, `--name=${name}`, 'true']);
    await waitUntil(async () => /503/.test((await deliveries('c'))[0]?.error ?? ''), {
      what: 'a failed attempt',
    });
    process.kill(daemonPid(home), 'SIGKILL');
    isDown = false;
    assert.equal((await home.run(['daemon-start'])).code, 0);
    for (const name of ['c', 'd']) await waitUntil(() => areDelivered(name), { what: `that of ${name}` });
    assert.deepEqual([...new Set(namesOf(calls.slice(before)))], ['c', 'd']);
  });

  it('of a command whose daemon is killed meanwhile comes again from the next daemon', async () => {
    const file = join(home.work, 'twice');
    await run('e', `--on_end=echo x >>${file}; until [ -e ${file}.go ]; do sleep 0.05; done`, 'true');
    await waitUntil(() => existsSync(file), { what: 'the first delivery' });
    process.kill(daemonPid(home), 'SIGKILL');
    writeFileSync(`${file}.go`, '');
    assert.equal((await home.run(['daemon-start'])).code, 0);
    await waitUntil(() => areDelivered('e'), { what: 'the second delivery' });
    assert.equal(readFileSync(file, 'utf8'), 'x\nx\n');
  });
});
