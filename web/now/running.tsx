// Running tasks: progress, time, memory and CPU against estimate and cap, and what endangers them. Worst first.
import type { Ref } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { Actions } from '../parts/actions.tsx';
import { Bar } from '../parts/bar.tsx';
import { SHOWN, useInTurn, useTurns } from '../parts/in-turn.ts';
import { Status } from '../parts/status.tsx';
import { byRisk, risksOf } from '../risk.ts';
import { cores, duration, size } from '../text.ts';

interface Props {
  readonly rows: readonly LiveTask[];
  readonly count: number;
  readonly mayAct: boolean;
}

export function Running({ rows, count, mayAct }: Props) {
  const [isWhole, setWhole] = useState(false);
  const sorted = byRisk(rows);
  const shown = isWhole ? sorted : sorted.slice(0, SHOWN);
  const isTurn = useTurns(shown.length);
  return (
    <section aria-labelledby="running-title">
      <h2 id="running-title">
        Running <span class="count">{count}</span>
      </h2>
      {rows.length === 0 ? <p class="empty">No task runs.</p> : null}
      <ul class="tasks">
        {shown.map((row, index) => (
          <RunningTask key={row.id} row={row} mayAct={mayAct} isTurn={isTurn(index)} />
        ))}
      </ul>
      {rows.length > shown.length ? (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {rows.length}
        </button>
      ) : null}
    </section>
  );
}

interface RowProps {
  readonly row: LiveTask;
  readonly mayAct: boolean;
  readonly isTurn: boolean;
}

function RunningTask({ row, mayAct, isTurn }: RowProps) {
  const { place, drawn } = useInTurn(row, isTurn);
  return useMemo(() => runningTask(drawn, mayAct, place), [drawn, mayAct, place]);
}

function runningTask(row: LiveTask, mayAct: boolean, place: Ref<HTMLLIElement>) {
  const risks = risksOf(row);
  return (
    <li ref={place} class={`task level-${risks[0]?.level ?? 0}`}>
      <div class="task-head">
        <a class="name" href={`#/task/${row.id}`}>
          {row.name}
        </a>
        {row.status === 'running' ? null : <Status status={row.status} />}
        <span class="owner">{row.owner ?? row.project}</span>
        {mayAct ? <Actions task={row} /> : null}
      </div>
      <code class="command">{row.command}</code>
      <div class="gauges">
        <Progress row={row} />
        <Time row={row} />
        <MemoryGauge row={row} />
        <CpuGauge row={row} />
      </div>
      {risks.map(({ of, level, text }) => (
        <p key={of} class={`risk level-${level}`}>
          {level === 0 ? null : <span aria-hidden="true">▲ </span>}
          {text()}
        </p>
      ))}
    </li>
  );
}

function Progress({ row: { progress } }: { readonly row: LiveTask }) {
  if (progress === null || (progress.pct === null && progress.done === null))
    return (
      <div class="gauge">
        <p>
          <span class="what">progress</span> not reported
        </p>
        <Bar label="Progress: not reported" parts={[]} max={100} />
      </div>
    );
  const { pct, done, total, phase, eta_s } = progress;
  const count = done === null ? '' : total === null ? ` ${done}` : ` ${done}/${total}`;
  const eta = eta_s === null ? '' : `, ${duration(1000 * eta_s)} left`;
  const text = `${pct === null ? '' : `${Math.floor(pct)}%`}${count}${eta}`.trim();
  return (
    <div class="gauge">
      <p>
        <span class="what">progress</span> {text} {phase === null ? null : <span class="quiet">{phase}</span>}
      </p>
      <Bar label={`Progress: ${text}`} parts={[{ value: pct ?? 0, color: 'good' }]} max={100} />
    </div>
  );
}

function Time({ row }: { readonly row: LiveTask }) {
  const { elapsed_ms: elapsed, estimated_time_ms: estimate, kill_timeout_ms: kill } = row;
  const text = `${duration(elapsed)} of ${duration(estimate)}`;
  return (
    <div class="gauge">
      <p>
        <span class="what">time</span> {text}
      </p>
      <Bar
        label={`Time: ${text} estimated, killed at ${duration(kill)}`}
        parts={[{ value: elapsed ?? 0, color: (elapsed ?? 0) > estimate ? 'warn' : 'ours' }]}
        max={kill}
        marks={[
          { at: estimate, kind: 'estimate' },
          { at: kill, kind: 'cap' },
        ]}
      />
    </div>
  );
}

function MemoryGauge({ row }: { readonly row: LiveTask }) {
  const { mem_bytes: use, estimated_mem_bytes: estimate, mem_max_bytes: cap } = row;
  const text = `${size(use)} of ${size(estimate)}`;
  return (
    <div class="gauge">
      <p>
        <span class="what">memory</span> {text}{' '}
        <span class="quiet">{cap === null ? '' : `cap ${size(cap)}`}</span>
      </p>
      <Bar
        label={`Memory: ${text} estimated, cap ${size(cap)}`}
        parts={[{ value: use ?? 0, color: colorOf(use, estimate) }]}
        max={cap ?? Math.max(3 * estimate, use ?? 0)}
        marks={marksOf(estimate, cap)}
      />
    </div>
  );
}

function CpuGauge({ row }: { readonly row: LiveTask }) {
  const { cpu_cores: use, estimated_cpu_cores: estimate, cpu_max_cores: cap } = row;
  const text = `${cores(use)} of ${cores(estimate)}`;
  return (
    <div class="gauge">
      <p>
        <span class="what">cores</span> {text}
      </p>
      <Bar
        label={`Cores: ${text} estimated, cap ${cores(cap)}`}
        parts={[{ value: use ?? 0, color: colorOf(use, 1.25 * estimate) }]}
        max={Math.max(cap ?? 0, 2 * estimate, use ?? 0)}
        marks={[{ at: estimate, kind: 'estimate' }]}
      />
    </div>
  );
}

function colorOf(use: number | null, estimate: number): string {
  if (use === null || use <= estimate) return 'ours';
  return use > 2 * estimate ? 'bad' : 'warn';
}

function marksOf(estimate: number, cap: number | null) {
  const marks = [
    { at: estimate, kind: 'estimate' },
    { at: 2 * estimate, kind: 'twice' },
  ] as const;
  return cap === null ? marks : ([...marks, { at: cap, kind: 'cap' }] as const);
}
