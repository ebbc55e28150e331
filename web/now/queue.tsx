// The queue in the order of expected starts: why each task waits, and the start that the plan promises.
import type { Ref } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { Actions } from '../parts/actions.tsx';
import { SHOWN, useInTurn, useTurns } from '../parts/in-turn.ts';
import { coresText, duration, promise, size, why } from '../text.ts';
import { HoldQueue } from './holds.tsx';

interface Props {
  readonly running: readonly LiveTask[];
  readonly rows: readonly LiveTask[];
  readonly count: number;
  readonly now: number;
  readonly mayAct: boolean;
}

export function Queue({ running, rows, count, now, mayAct }: Props) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, SHOWN);
  const isTurn = useTurns(shown.length);
  return (
    <section aria-labelledby="queue-title">
      <div class="head">
        <h2 id="queue-title">
          Queue <span class="count">{count}</span>
        </h2>
        {mayAct ? <HoldQueue rows={[...running, ...rows]} /> : null}
      </div>
      {count === 0 ? <p class="empty">No task waits.</p> : null}
      <ol class="tasks queue">
        {shown.map((row, index) => (
          <Waiting key={row.id} row={row} now={now} mayAct={mayAct} isTurn={isTurn(index)} />
        ))}
      </ol>
      {rows.length > shown.length ? (
        <button type="button" onClick={() => setWhole(true)}>
          Show {rows.length}
        </button>
      ) : null}
      {count > rows.length ? (
        <p class="quiet">
          The first {rows.length} of {count} tasks.
        </p>
      ) : null}
    </section>
  );
}

interface RowProps {
  readonly row: LiveTask;
  readonly now: number;
  readonly mayAct: boolean;
  readonly isTurn: boolean;
}

function Waiting({ row, now, mayAct, isTurn }: RowProps) {
  const { place, drawn } = useInTurn({ row, now }, isTurn);
  return useMemo(() => waiting(drawn, mayAct, place), [drawn, mayAct, place]);
}

function waiting({ row, now }: Pick<RowProps, 'row' | 'now'>, mayAct: boolean, place: Ref<HTMLLIElement>) {
  const position = row.waiting?.position ?? null;
  return (
    <li ref={place} class="task">
      <div class="task-head">
        <span class="position">{position === null ? '' : `${position}.`}</span>
        <a class="name" href={`#/task/${row.id}`}>
          {row.name}
        </a>
        <span class="owner">{row.owner ?? row.project}</span>
        {mayAct ? <Actions task={row} /> : null}
      </div>
      <p class="why">
        {why(row.waiting)}
        {position !== null && position > 1 ? `; ${position - 1} before it` : ''}
      </p>
      <p class="start">
        <span class="what">starts</span> {promise(row.waiting, now)}{' '}
        <span class="quiet">
          then {duration(row.estimated_time_ms)}, {size(row.estimated_mem_bytes)},{' '}
          {coresText(row.estimated_cpu_cores)}
          {row.priority === 0 ? '' : `, priority ${row.priority}`}
        </span>
      </p>
    </li>
  );
}
