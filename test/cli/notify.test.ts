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
/** The receiver is down while this is true. */
let isDown = false;
const server: Server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
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
const targets = [
  { webhook: url, secret_file: join(home.work, 'secret') },
  { name: 'killed', on: ['killed'], command: `cat >>${home.work}/killed; echo >>${home.work}/killed` },
];
writeFileSync(join(home.dir, 'config.json'), JSON.stringify({ notify: { targets } }));

async function run(name: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await home.run(['run', ...SMALL, `--name=${name}`, ...args]);
  assert.equal(code, 0, stderr);
}
const deliveries = async (name: string) =>
  ((await show(home, name)).deliveries ?? []) as {
    target: string;
    attempts: number;
    delivered_at: string | null;
    error: string | null;
  }[];
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
    await waitUntil(async () => (await deliveries('a')).some(({ attempts }) => attempts === 1), {
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
    await run('b', 'sleep 60');
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
