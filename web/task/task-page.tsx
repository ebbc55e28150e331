// The view of one task: what happens to it next, its use over time with the output in step, its events and its receipt.
import { useState } from 'preact/hooks';
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { Live } from '../client/live.ts';
import { reasonOf } from '../now/ended.tsx';
import { Actions } from '../parts/actions.tsx';
import { Status } from '../parts/status.tsx';
import { risksOf } from '../risk.ts';
import { promise, why } from '../text.ts';
import { Charts } from './charts.tsx';
import { EventList } from './event-list.tsx';
import { LogPane } from './log-pane.tsx';
import { Receipt } from './receipt.tsx';
import { useEvents } from './use-events.ts';
import { useSeries } from './use-series.ts';
import { useTask } from './use-task.ts';

export function TaskPage({ id, live }: { readonly id: string; readonly live: Live }) {
  const task = useTask(id, live);
  if (task === null) return <p class="empty">Reading the task…</p>;
  if (typeof task === 'string')
    return (
      <section>
        <h1>No such task</h1>
        <p>{task}</p>
      </section>
    );
  // Another attempt has another log and other charts.
  return <Whole key={`${task.id}/${task.attempt}/${task.started_at}`} task={task} live={live} />;
}

function Whole({ task, live }: { readonly task: TaskView; readonly live: Live }) {
  const [at, setAt] = useState<number | null>(null);
  const points = useSeries(task.id, live);
  const events = useEvents(task.id, live.connection);
  const now = live.frame?.at ?? 0;
  return (
    <>
      <section class="task-top">
        <div class="task-head">
          <h1>{task.name}</h1>
          <Status status={task.status} />
          <span class="reason">{task.ended_at === null ? '' : reasonOf(task)}</span>
          {live.mayAct ? <Actions task={task} /> : null}
        </div>
        <code class="command whole">{task.command}</code>
        <State task={task} now={now} />
      </section>
      <div class="columns">
        <div>
          <section aria-label="Use over time">
            <Charts task={task} points={points} events={events} onCursor={setAt} />
          </section>
          <LogPane id={task.id} connection={live.connection} at={at} />
        </div>
        <div>
          <EventList events={events} />
          <Receipt task={task} now={now} />
        </div>
      </div>
    </>
  );
}

/** What the reader can do, or what happens next. */
function State({ task, now }: { readonly task: TaskView; readonly now: number }) {
  if (task.status === 'pending')
    return (
      <>
        <p class="why">{why(task.waiting)}</p>
        <p class="start">
          <span class="what">starts</span> {promise(task.waiting, now)}
        </p>
      </>
    );
  const hint = task.kill_hint ?? task.hint;
  return (
    <>
      {risksOf(task).map(({ of, level, text }) => (
        <p key={of} class={`risk level-${level}`}>
          {level === 0 ? null : <span aria-hidden="true">▲ </span>}
          {text()}
        </p>
      ))}
      {task.message === null ? null : <p class="hint">{task.message}</p>}
      {hint === null ? null : (
        <p class="hint">
          <b>Hint:</b> {hint}
        </p>
      )}
      {task.suggested_command === null ? null : (
        <p class="hint">
          Next: <code class="next">{task.suggested_command}</code>
        </p>
      )}
    </>
  );
}
