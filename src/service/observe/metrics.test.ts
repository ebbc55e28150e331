// The metrics of the real service: what each verb and each end counts.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';

it('count submissions, denials, kills, ends and waits, and never carry a text of the caller', async (t) => {
  const { run, kill, batch, app, service } = serviceOf(t);
  await run({ name: 'secret-name', queue: true, owner: 'secret-owner', tag: 'secret-tag' });
  await run({ name: 'denied' });
  await batch({ name: 'large', estimated_mem_bytes: '900G' });
  await run({ name: 'wrong', cwd: '/nowhere' });
  await kill('secret-name');
  await run({ name: 'forced', force: true });
  const value = async (series: string) =>
    Number(
      (await service.metricsText())
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1],
    );
  await waitUntil(async () => (await value('babysit_ends_total{status="failed"}')) === 1, {
    what: 'the end',
  });
  const answer = await app.inject({ method: 'GET', url: '/v1/metrics' });
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  for (const [series, expected] of [
    ['babysit_admissions_total{outcome="queued"}', 1],
    ['babysit_admissions_total{outcome="forced"}', 1],
    ['babysit_denials_total{error="capacity_exceeded",dim="mem"}', 1],
    ['babysit_denials_total{error="infeasible",dim="mem"}', 1],
    ['babysit_ends_total{status="killed"}', 1],
    ['babysit_tasks{state="pending"}', 0],
    ['babysit_ledger_cpu_cores{kind="limit"}', 8],
    ['babysit_host_memory_bytes{kind="total"}', 24 * 1024 ** 3],
    ['babysit_daemon_notices', 0],
  ] as const)
    assert.equal(await value(series), expected, series);
  assert.doesNotMatch(answer.body, /secret|hunter2|make|\/tmp/);
});
