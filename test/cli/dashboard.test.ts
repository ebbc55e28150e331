// The dashboard in a real browser: the life of tasks as a person sees it, texts of tasks that try to be HTML, and both themes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { eventReader } from '../../web/client/server-events.ts';
import { LONG, SMALL } from '../support/budget.ts';
import { taskId } from '../support/build/build-task.ts';
import { busyScene } from '../support/busy-scene.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { fakeDaemon } from '../support/fake-daemon.ts';
import { testHome } from '../support/home.ts';
import { processesOf } from '../support/processes.ts';
import { NO_BROWSER, openBrowser, openPage, seriousFindings } from '../support/screens/browser.ts';
import { until } from '../support/tasks.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The page of a person, also when an agent runs the tests. */
const PERSON = Object.fromEntries(
  [
    'CLAUDE_CODE_SESSION_ID',
    'CLAUDECODE',
    'CODEX_SANDBOX',
    'CODEX_THREAD_ID',
    'CURSOR_AGENT',
    'GEMINI_CLI',
    'OPENCODE',
  ].map((name) => [name, '']),
);
/** For the images of the documents: BABYSIT_SCREENSHOTS=docs/images. */
const IMAGES = process.env.BABYSIT_SCREENSHOTS ?? '';
const WIDTHS = [390, 1024, 1920];
const TASK = 'task/01JD0000000000000000000041';
const VIEWS = ['now', TASK, 'history', 'settings'];
const HOSTILE = '<script>pwned=1</script><img src=x onerror=pwned=1>';

it('sends a page each event once, also one of before the next daemon', async (t) => {
  const home = testHome(t);
  const [first, second] = [join(home.work, 'first'), join(home.work, 'second')];
  await home.run(['run', '--name=short', ...SMALL, `--command=${until(first)}`]);
  await home.run(['run', '--name=long', ...SMALL, `--command=${until(second)}`]);
  const server = home.start(['dashboard'], { env: PERSON, ...LONG });
  await waitUntil(() => server.stdout().endsWith('\n'), { what: 'the address' });
  const { origin, hash } = new URL(String(jsonLine(server.stdout()).url));
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` };
  const page = await fetch(`${origin}/v1/live`, { headers });
  const ends: string[] = [];
  const read = eventReader((name, data) => {
    const { event, name: task } = JSON.parse(data) as { event: string; name: string };
    if (name === 'event' && event === 'ended') ends.push(task);
  });
  // It breaks at the end of the dashboard.
  const reading = page.body?.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write: read }));
  reading?.catch(() => {});
  writeFileSync(first, '');
  await waitUntil(() => ends.includes('short'), { what: 'the end of the first task' });
  await home.run(['daemon-stop']);
  writeFileSync(second, '');
  await waitUntil(() => processesOf(second).length === 0, { what: 'the second task to end' });
  await home.run(['daemon-start']);
  await waitUntil(() => ends.includes('long'), { what: 'the end that the next daemon found' });
  assert.deepEqual(ends, ['short', 'long']);
  server.kill('SIGINT');
  assert.equal((await server.done).code, 0);
});

describe('the dashboard in a browser', { skip: NO_BROWSER }, () => {
  let browser: Browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(() => browser.close());

  it('shows a job appear, progress, and be killed with its reason; and the promise of a queued one', async (t) => {
    const home = testHome(t, { 'admission.max_running': 1 });
    const bin = join(home.work, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\ncp "$1" ${home.work}/opened\n`, { mode: 0o755 });
    const env = { ...PERSON, PATH: `${bin}:${process.env.PATH}` };
    const server = home.start(['dashboard', '--open'], { env, ...LONG });
    await waitUntil(() => server.stdout().endsWith('\n'), { what: 'the address' });
    const { url } = jsonLine(server.stdout());
    const opened = join(home.work, 'opened');
    await waitUntil(() => existsSync(opened) && readFileSync(opened, 'utf8').includes(`url=${url}"`), {
      what: 'the desktop to open a file that leads to the address',
    });
    const { page, faults } = await openPage(browser, String(url));
    await page.getByText('No task runs.').waitFor();
    assert.equal(new URL(page.url()).hash, '#/now', 'the token is not in the address');

    const line = 'echo "[3/10] compiling"; sleep 300';
    await home.run([
      'run',
      '--name=build',
      '--estimated_time=10m',
      ...SMALL.slice(0, 2),
      `--command=${line}`,
    ]);
    const running = page.getByRole('region', { name: /^Running/ });
    await running.getByRole('link', { name: 'build' }).waitFor();
    await running.getByText(/progress .*3\/10/).waitFor();
    const of = ['--owner=ci', '--tag=nightly'];
    await home.run(['run', '--queue', '--name=next', ...SMALL, ...of, '--command=sleep 300']);
    const waiter = home.start(['wait', 'next']);
    const queue = page.getByRole('region', { name: /^Queue/ });
    await queue.getByRole('link', { name: 'next' }).waitFor();
    await queue.getByText(/waits for a free place: held by build/).waitFor();
    await queue.getByText(/\d\d:\d\d:\d\d \(in \d+m/).waitFor();

    await queue.getByRole('button', { name: 'Hold the queue' }).click();
    await page.getByLabel('Reason').fill('call');
    await page.getByRole('dialog').getByRole('button', { name: 'Hold the queue' }).click();
    await page.getByText(/No start of all tasks by .* \(dashboard\): "call", until \d\d:/).waitFor();
    await page.getByRole('button', { name: 'Release all tasks' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
    await page.getByText(/No start of/).waitFor({ state: 'detached' });
    await queue.getByRole('button', { name: 'Hold the queue' }).click();
    await page.getByRole('combobox').selectOption({ label: 'of tag nightly' });
    await page.getByRole('dialog').getByRole('button', { name: 'Hold the queue' }).click();
    await waitUntil(() => heldScopes(waiter.stderr()).at(-1) === 'tag nightly', {
      what: 'the waiting client to know of the hold',
    });
    await page.getByRole('button', { name: 'Release tag nightly' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
    await page.getByText(/No start of/).waitFor({ state: 'detached' });
    waiter.kill('SIGTERM');

    // By the keyboard alone: the dialog takes the focus, Escape gives it back.
    const kill = running.getByRole('button', { name: 'Kill build' });
    await kill.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Kill build?' }).waitFor();
    await page.keyboard.press('Escape');
    await waitUntil(
      () =>
        kill.evaluate((button: unknown) =>
          (button as { matches(selector: string): boolean }).matches(':focus'),
        ),
      {
        what: 'the focus',
      },
    );
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Kill the task' }).click();
    const ended = page.getByRole('region', { name: 'Recently ended' });
    await ended.getByText('manual').waitFor();
    await running.getByRole('link', { name: 'next' }).waitFor();
    await page
      .getByRole('status')
      .getByText(/^Task (build ended: killed|next started)/)
      .waitFor({ state: 'attached' });

    await ended.getByRole('link', { name: 'build' }).click();
    await page.getByRole('heading', { name: 'build' }).waitFor();
    await page.getByRole('log').getByText('[3/10] compiling').waitFor();
    await page.getByText('kill_requested').waitFor();
    await page.getByText(/^Hint: (?:Killed|Stopped) at the request of .* \(dashboard\)/).waitFor();
    await page.getByText('killed by').waitFor();

    // The page of a task goes on with the next daemon.
    const go = join(home.work, 'go');
    const later = `echo first; ${until(go)}; echo after the restart; exit 3`;
    await home.run(['kill', 'next']);
    const { stdout } = await home.run(['run', '--queue', '--name=later', ...SMALL, `--command=${later}`]);
    assert.match(stdout, /later/);
    await page.getByRole('link', { name: 'Now' }).click();
    await page.getByRole('link', { name: 'later' }).first().click();
    await page.getByRole('log').getByText('first').waitFor();
    await home.run(['daemon-restart']);
    writeFileSync(go, '');
    await page.getByRole('log').getByText('after the restart').waitFor();
    await page.getByRole('heading', { name: 'Receipt' }).waitFor();
    assert.deepEqual(faults, []);

    // So does a view that reads once.
    await home.run(['daemon-stop']);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('The daemon does not answer.').waitFor();
    await home.run(['daemon-start']);
    await page.getByRole('rowheader').first().waitFor();

    // An error of a field says nothing about the command line.
    await page.getByRole('link', { name: 'Now' }).click();
    await page.getByRole('button', { name: 'Hold the queue' }).click();
    await page.getByLabel(/^For/).fill('soon');
    await page.getByRole('dialog').getByRole('button', { name: 'Hold the queue' }).click();
    const problem = page.getByRole('alert');
    await problem.getByText(/"soon" is not a duration/).waitFor();
    assert.doesNotMatch(await problem.innerText(), /--/);
    await page.close();
    server.kill('SIGINT');
    assert.equal((await server.done).code, 0);
    await assert.rejects(listens(Number(new URL(String(url)).port)), /ECONNREFUSED/);
  });

  describe('with a busy daemon', () => {
    let mark = '';
    let rows = 0;
    const daemon = fakeDaemon(
      (now) => {
        const scene = busyScene(now, mark);
        const [first] = scene.running;
        const more = Array.from({ length: rows }, (_, i) => ({
          ...first,
          id: taskId(100 + i),
          name: `row-${i}`,
        }));
        return { ...scene, running: [...scene.running, ...(more as typeof scene.running)] };
      },
      Array.from(
        { length: 200 },
        (_, i) => `[${i + 1}/420] test_module_${i} ${i % 50 === 7 ? HOSTILE : 'ok'}\n`,
      ).join(''),
    );
    let url = '';
    const dir = tempDir({ after }, async () => {
      await app?.close();
      daemon.server.closeAllConnections();
      daemon.server.close();
    });
    let app: { close(): Promise<unknown> } | undefined;
    before(async () => {
      const { buildDashboard } = await import('../../cli/dashboard/server.ts');
      const { readAssets } = await import('../../cli/dashboard/assets.ts');
      await new Promise<void>((resolve) => daemon.server.listen(join(dir, 'd.sock'), resolve));
      const built = buildDashboard({
        socket: join(dir, 'd.sock'),
        token: 'T',
        assets: readAssets(join(import.meta.dirname, '../../dist/web')),
        version: '1',
        mayAct: true,
        caller: 'ada (dashboard)',
        onUse: () => {},
      });
      app = built;
      url = `${await built.listen({ host: '127.0.0.1', port: 0 })}/`;
    });
    const show = async (page: Page, view: string) => {
      await page.goto(`${url}#/${view}`);
      await page.locator('section').first().waitFor();
      if (view === 'history') await page.getByRole('rowheader').first().waitFor();
      if (view === TASK) await page.getByText('[200/420]').waitFor({ state: 'attached' });
    };

    it('shows what a task or another program controls as text, never as HTML', async () => {
      mark = HOSTILE;
      const { page, faults } = await openPage(browser, `${url}#token=T`);
      for (const view of VIEWS) {
        await show(page, view);
        if (view === 'history') await page.getByLabel('Group by').selectOption('owner');
        assert.equal(await page.evaluate(() => 'pwned' in globalThis), false);
        assert.equal(await page.locator('main script, main img, main iframe, main [onerror]').count(), 0);
        if (view !== 'settings') assert.ok((await page.locator('main').innerText()).includes(HOSTILE), view);
      }
      assert.deepEqual(faults, []);
      await page.close();
      mark = '';
    });

    it('reads the history again when it has lost the daemon', async () => {
      const { page } = await openPage(browser, `${url}#token=T`);
      await show(page, 'history');
      await page.getByLabel('Group by').selectOption('owner');
      await page.getByRole('columnheader', { name: 'owner' }).waitFor();
      mark = 'of the next daemon';
      daemon.server.closeAllConnections();
      await page.getByRole('rowheader').getByText(mark).first().waitFor();
      await page.close();
      mark = '';
    });

    it('draws the rows of a long list again, those out of sight in turn', async () => {
      rows = 60;
      const { page } = await openPage(browser, `${url}#token=T`);
      await page.getByRole('button', { name: 'Show all 64' }).click();
      const row = (i: number) =>
        page.getByRole('listitem').filter({ has: page.getByRole('link', { name: `row-${i}`, exact: true }) });
      await row(0).scrollIntoViewIfNeeded();
      mark = 'later';
      for (const i of [0, 59])
        await waitUntil(
          () => {
            daemon.frame();
            return row(i).getByText('unit testslater').isVisible();
          },
          { what: `row ${i} to change` },
        );
      await page.close();
      [mark, rows] = ['', 0];
    });

    it('refuses a page with an old token, and says what to do', async () => {
      const { page } = await openPage(browser, `${url}#token=old`);
      await page.getByText('This page has no valid token').waitFor();
      await page.close();
    });

    // A theme changes colors alone, so the second one needs only the rules about colors.
    for (const [theme, rules] of [
      ['light', []],
      ['dark', ['color-contrast', 'link-in-text-block']],
    ] as const)
      it(`is accessible and fits every width in the ${theme} theme`, async () => {
        const { page, faults } = await openPage(browser, `${url}#token=T`, { theme });
        for (const view of VIEWS) {
          await show(page, view);
          assert.deepEqual(await seriousFindings(page, rules), [], view);
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 900 });
            const tooWide = await page.locator('html').evaluate((html: unknown) => {
              const { scrollWidth, clientWidth } = html as { scrollWidth: number; clientWidth: number };
              return scrollWidth - clientWidth;
            });
            assert.ok(tooWide <= 0, `${view} is ${tooWide} px too wide at ${width} px`);
            const scrolled = await page.locator('section.scroll').evaluateAll(
              (all: unknown[]) =>
                all.filter((each) => {
                  const { scrollWidth, clientWidth } = each as { scrollWidth: number; clientWidth: number };
                  return scrollWidth > clientWidth;
                }).length,
            );
            assert.equal(scrolled, 0, `${view} has a table that scrolls sideways at ${width} px`);
            if (IMAGES !== '' && (view === 'now' || (view !== 'settings' && width === 1024)))
              await photograph(page, `${view.split('/')[0]}-${width}-${theme}`);
          }
        }
        assert.deepEqual(faults, []);
        await page.close();
      });
  });
});

async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  // Charts follow a new width in the next picture of the browser.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.screenshot({ path: join(IMAGES, `dashboard-${name}.png`), fullPage: true });
}

function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

/** The holds of which a waiting client was informed, as `owner ci`. */
function heldScopes(stderr: string): string[] {
  return jsonLines(stderr).flatMap(({ hold }) => {
    const { scope, of } = (hold ?? {}) as { scope?: string; of?: string };
    return scope === undefined ? [] : [`${scope} ${of}`];
  });
}
