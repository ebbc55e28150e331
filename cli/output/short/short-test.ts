// The short answer to run --test_only: when the task would start and what it would wait for, in at most 400 bytes.
import type { TestRunView } from '../../../src/api/schemas/capacity.ts';
import { compact, fit, outsideView } from './fit.ts';

export function testView({ waiting, ...view }: TestRunView): object {
  const { test_only, starts_now, expected_start, latest_start, advice, ...more } = view;
  const { dim, requested, available, blocked_by = [], owners, position, charged, hold } = waiting ?? {};
  const must: Readonly<Record<string, unknown>> = {
    ...{ test_only, starts_now, expected_start, latest_start },
    ...compact(hold === undefined ? { dim, requested, available } : { dim, hold }),
  };
  const { estimated_time_ms, estimated_mem_bytes, estimated_cpu_cores, kill_timeout_ms, ...rest } = more;
  const shown = (count: number) =>
    count > blocked_by.length ? {} : { blocked_by: blocked_by.slice(0, count) };
  const parts = [
    { engine: rest.engine, elsewhere: rest.elsewhere },
    shown(1),
    { estimated_time_ms, estimated_mem_bytes, estimated_cpu_cores },
    { advice: advice?.map(({ hint }) => hint) },
    { ...outsideView(waiting ?? {}), charged },
    shown(2),
    shown(3),
    { note: rest.note },
    { position },
    { expected_start_p90: rest.expected_start_p90 },
    { owners: owners?.length === 0 ? undefined : owners },
    { kill_timeout_ms },
  ];
  return fit(must, parts.map(compact));
}
