// The tasks that ended last, with the reason and the hint of each that did not complete.
import { coresUsed } from '../../cli/client/frames.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { Status } from '../parts/status.tsx';
import { coresText, duration, relative, size } from '../text.ts';

export function Ended({ rows, now }: { readonly rows: readonly LiveTask[]; readonly now: number }) {
  const newestFirst = [...rows].sort((a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? ''));
  return (
    <section aria-labelledby="ended-title">
      <h2 id="ended-title">Recently ended</h2>
      {rows.length === 0 ? <p class="empty">No task has ended yet.</p> : null}
      <ul class="ended">
        {newestFirst.map((row) => (
          <li key={row.id}>
            <div class="task-head">
              <a class="name" href={`#/task/${row.id}`}>
                {row.name}
              </a>
              <Status status={row.status} />
              <span class="reason">{reasonOf(row)}</span>
              <span class="owner">{row.ended_at === null ? '' : relative(row.ended_at, now)}</span>
            </div>
            <p class="quiet">
              {duration(row.elapsed_ms)}, peak {size(row.peak_mem_bytes)} of {size(row.estimated_mem_bytes)}
              {usedText(coresUsed(row))}
            </p>
            {row.status === 'completed' ? null : <p class="hint">{row.kill_hint ?? row.hint}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

const usedText = (used: number | null) => (used === null ? '' : `, ${coresText(used)}`);

/** `estimated_mem_exceeded`, `SIGKILL`, `exit 1`; nothing for exit code 0. */
export function reasonOf(row: Pick<LiveTask, 'kill_reason' | 'signal' | 'exit_code' | 'reason'>): string {
  if (row.kill_reason !== null) return row.kill_reason;
  if (row.signal !== null) return row.signal;
  if (row.exit_code !== null) return row.exit_code === 0 ? '' : `exit ${row.exit_code}`;
  return row.reason ?? '';
}
