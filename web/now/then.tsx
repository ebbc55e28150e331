// One line below the charts of the host: what used it at the time to which the pointer points.
import { type Frame, tasksOf } from '../../cli/client/frames.ts';
import { lookAt } from '../../cli/client/outside-peaks.ts';
import type { OutsidePoint } from '../../src/api/schemas/observe/outside.ts';
import { clock, coresText, size } from '../text.ts';

interface Props {
  readonly frame: Frame;
  readonly looks: readonly OutsidePoint[];
  /** Null: no pointer is on a chart. */
  readonly at: number | null;
}

export function Then({ frame, looks, at }: Props) {
  if (at === null) return <p class="then quiet">Point at a chart to see what used the host then.</p>;
  const tasks = tasksOf(frame).filter(
    ({ started_at: from, ended_at: to }) =>
      from !== null && Date.parse(from) <= at && (to === null || Date.parse(to) >= at),
  );
  const programs = lookAt(looks, at)?.programs.map(
    ({ name, processes, belongs_to: whose, mem_bytes: mem, cpu_cores: cpu }) =>
      `${name}${processes > 1 ? ` × ${processes}` : ''}${whose === null ? '' : ` of ${whose}`} ${coresText(cpu)}, ${size(mem)}`,
  );
  return (
    <p class="then">
      <b>{clock(at)}</b> <span class="what">tasks</span>{' '}
      {tasks.length === 0 ? 'none' : tasks.map(({ name }) => name).join(', ')}{' '}
      <span class="what">other programs</span> {programs === undefined ? 'not recorded' : programs.join('; ')}
    </p>
  );
}
