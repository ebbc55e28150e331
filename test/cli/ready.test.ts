// Servers: run --ready, --ready_port, --ready_cmd, --while, and wait --event.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a server', () => {
  const home = testHome({ after });

  it('is ready by a line, a port of its own, or a command in its directory and environment', async () => {
    const port = await freePort();
    const go = `${home.work}/go`;
    const listen = `exec ${process.execPath} -e 'require("net").createServer().listen(${port}, "127.0.0.1")'`;
    await submit(
      home,
      'log',
      `echo ready soon; ${until(go)}; echo "listening on 80"; sleep 600`,
      '--ready=^listening on \\d+$',
    );
    await submit(home, 'port', `${until(go)}; ${listen}`, `--ready_port=${port}`);
    await submit(
      home,
      'cmd',
      `${until(go)}; touch here; sleep 600`,
      '--ready_cmd=[ -e here ] && [ "$MARK" = x ]',
      '--env=MARK=x',
    );
    await submit(home, 'never', `${until(go)}; exit 3`, '--ready=never');
    const waiting = ['log', 'port', 'cmd', 'never'].map((name) =>
      home.start(['wait', name, '--event=ready']),
    );
    await waitUntil(() => waiting.every((each) => each.stderr().includes('started')), {
      what: 'all to start',
    });
    assert.ok(waiting.every((each) => each.stdout() === ''));
    writeFileSync(go, '');
    const [never, ...ready] = (await Promise.all(waiting.map(({ done }) => done))).reverse();
    for (const { code, stdout } of ready) {
      const { event, attempt } = jsonLine(stdout);
      assert.deepEqual([code, event, attempt], [0, 'ready', 1]);
    }
    assert.deepEqual([never?.code, jsonLine(never?.stdout ?? '').exit_code], [1, 3]);
    assert.ok((await show(home, 'port')).ready_at);
    // The event has happened: another wait returns at once.
    const again = await home.run(['wait', 'log', 'port', 'cmd', '--event=ready']);
    assert.deepEqual([again.code, jsonLines(again.stdout).length], [0, 3]);
    await home.run(['kill', 'log', 'port', 'cmd', '--force']);
  });

  it('is waited for by a line, also a prompt, and by its port; without them the end is a failure', async () => {
    const port = await freePort();
    const go = `${home.work}/on`;
    const listen = `${process.execPath} -e 'require("net").createServer().listen(${port}, "127.0.0.1")' & `;
    await submit(home, 'serve', `echo one; ${until(go)}; ${listen} echo up; printf 'ready> '; wait`);
    const first = await home.run(['wait', 'serve', '--log=^o']);
    assert.deepEqual([first.code, jsonLine(first.stdout).line], [0, 'one']);
    const others = [['--log=^ready> $'], [`--port=${port}`]].map((flags) =>
      home.run(['wait', 'serve', ...flags]),
    );
    const never = home.run(['wait', 'serve', '--log=never']);
    writeFileSync(go, '');
    const [line, listening] = (await Promise.all(others)).map(({ code, stdout }) => [code, jsonLine(stdout)]);
    assert.deepEqual([line?.[0], Object(line?.[1]).line], [0, 'ready> ']);
    assert.deepEqual([listening?.[0], Object(listening?.[1]).port], [0, port]);
    await home.run(['kill', 'serve', '--force']);
    const end = await never;
    assert.deepEqual([end.code, jsonLine(end.stdout).status], [1, 'killed']);
    assert.equal((await home.run(['wait', 'serve', '--log=up'])).code, 0);
  });

  it('--while ends with a task that is submitted later, and with one that lives', async () => {
    await submit(
      home,
      'server',
      "sleep 600 & trap 'exit 0' TERM; echo up; wait",
      '--while=test',
      '--ready=up',
    );
    const test = await home.run(
      ['run', '--wait', ...SMALL, '--name=test', '--command=babysit wait server --event=ready && exit 4'],
      {
        env: { PATH: `${import.meta.dirname}/../..:${process.env.PATH}` },
      },
    );
    assert.equal(jsonLine(test.stdout).exit_code, 4, test.stderr);
    const waited = await home.run(['wait', 'server']);
    // It did what --while asks for.
    assert.equal(waited.code, 0);
    const ended = jsonLine(waited.stdout);
    assert.deepEqual(
      [ended.status, ended.kill_reason, ended.stopped_gracefully],
      ['killed', 'while_ended', true],
    );
    assert.deepEqual(ended.kill_detail, { while: 'test', status: 'failed' });

    await submit(home, 'main', 'sleep 600');
    await submit(home, 'helper', 'sleep 600', '--while=main');
    await submit(home, 'unused', 'true', '--queue', '--while=main', '--after=helper');
    await home.run(['kill', 'main', '--force']);
    assert.equal(jsonLine((await home.run(['wait', 'helper'])).stdout).kill_reason, 'while_ended');
    const unused = await home.run(['wait', 'unused']);
    assert.deepEqual([unused.code, jsonLine(unused.stdout).stopped_gracefully], [1, undefined]);
    assert.equal((await home.run(['wait', 'unused', '--killed_ok'])).code, 0);
  });

  it('refuses a wrong expression, port, pair of conditions, or event', async () => {
    for (const args of [
      ['run', '--ready=(', 'true'],
      ['run', '--ready_port=70000', 'true'],
      ['run', '--ready=x', '--ready_port=80', 'true'],
      ['run', '--name=a', '--while=a', 'true'],
      ['wait', 'server', '--event=redy'],
      ['wait', 'server', '--log=('],
      ['wait', 'server', '--log=x', '--port=80'],
    ])
      assert.notEqual((await home.run(args)).code, 0, args.join(' '));
  });
});
