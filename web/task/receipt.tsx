// The receipt of a task: what was asked for, what was used, and when, with the texts of the daemon.
import type { TaskView } from '../../src/api/schemas/task.ts';
import { cores, dateTime, duration, promise, size } from '../text.ts';

export function Receipt({ task, now }: { readonly task: TaskView; readonly now: number }) {
  return (
    <section aria-labelledby="receipt-title">
      <h2 id="receipt-title">{task.ended_at === null ? 'Task' : 'Receipt'}</h2>
      <dl class="facts">
        {rowsOf(task, now)
          .filter(([, value]) => value !== '' && value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

const time = (at: string | null) => (at === null ? '' : dateTime(at));

function rowsOf(task: TaskView, now: number): [string, string | null][] {
  const isOver = task.ended_at !== null;
  const source = (dim: 'time' | 'mem' | 'cpu') => {
    const { from } = task.estimates[dim];
    return from === 'declared' ? '' : ` (${from})`;
  };
  return [
    ['owner', task.owner],
    ['project', task.project],
    ['directory', task.cwd],
    ['tags', task.tags.join(', ')],
    ['priority', task.priority === 0 ? '' : String(task.priority)],
    ['attempt', task.attempt > 1 ? String(task.attempt) : ''],
    ['submitted', time(task.submitted_at)],
    ['promised start', task.waiting === null ? '' : promise(task.waiting, now)],
    ['started', time(task.started_at)],
    ['ended', time(task.ended_at)],
    ['killed by', String(task.kill_detail?.killed_by ?? '')],
    [
      'time',
      `${duration(task.elapsed_ms)} of ${duration(task.estimated_time_ms)}${source('time')}, killed at ${duration(task.kill_timeout_ms)}`,
    ],
    [
      'memory',
      `${isOver ? 'peak ' : ''}${size(isOver ? task.peak_mem_bytes : task.mem_bytes)} of ${size(task.estimated_mem_bytes)}${source('mem')}, cap ${size(task.mem_max_bytes)}`,
    ],
    [
      'cores',
      `${isOver ? 'peak ' : ''}${cores(isOver ? task.peak_cpu_cores : task.cpu_cores)} of ${cores(task.estimated_cpu_cores)}${source('cpu')}, cap ${cores(task.cpu_max_cores)}`,
    ],
    ['CPU time', task.cpu_seconds === null ? '' : duration(1000 * task.cpu_seconds)],
    ['read', task.io_read_bytes === null ? '' : size(task.io_read_bytes)],
    ['written', task.io_write_bytes === null ? '' : size(task.io_write_bytes)],
    [
      'output',
      task.observability_interval_ms === 0
        ? 'may be silent'
        : `killed after ${duration(task.observability_interval_ms)} without output`,
    ],
    ['contention', task.contention],
    ['isolated by', task.driver],
    ['log', task.log_path],
    ['id', task.id],
  ];
}
