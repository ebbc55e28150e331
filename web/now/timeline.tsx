// A Gantt chart of the plan. A screen reader reads each bar as a sentence.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { clock, relative } from '../text.ts';
import { type PlanBar, planOf } from './plan.ts';

const TICKS = 4;

interface Props {
  readonly running: readonly LiveTask[];
  readonly pending: readonly LiveTask[];
  readonly now: number;
}

export function Timeline({ running, pending, now }: Props) {
  const plan = planOf(running, pending, now);
  if (plan.bars.length === 0) return null;
  const pct = (at: number) =>
    (100 * (Math.min(plan.to, Math.max(plan.from, at)) - plan.from)) / (plan.to - plan.from);
  const ticks = Array.from(
    { length: TICKS },
    (_, i) => plan.from + ((i + 0.5) * (plan.to - plan.from)) / TICKS,
  );
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <div class="timeline">
        <div class="ticks" aria-hidden="true">
          {ticks.map((at) => (
            <span key={at} style={{ left: `${pct(at)}%` }}>
              {clock(at).slice(0, 5)}
            </span>
          ))}
        </div>
        <ul>
          {plan.bars.map((bar) => (
            <li key={bar.id}>
              <a href={`#/task/${bar.id}`} class="plan-name">
                {bar.name}
                <span class="hidden">{sentence(bar, now)}</span>
              </a>
              <div class="track" aria-hidden="true">
                <span class="now" style={{ left: `${pct(now)}%` }} />
                <span
                  class={`plan ${bar.kind}`}
                  style={{
                    left: `${pct(bar.from)}%`,
                    width: `${Math.max(0.6, pct(bar.to) - pct(bar.from))}%`,
                  }}
                />
                {bar.latest !== null && bar.latest < plan.to ? (
                  <span class="latest" style={{ left: `${pct(bar.latest)}%` }} />
                ) : null}
              </div>
            </li>
          ))}
        </ul>
        <p class="key" aria-hidden="true">
          <span class="plan running" /> running, to its expected end <span class="plan promised" /> promised{' '}
          <span class="latest" /> latest start
        </p>
      </div>
    </section>
  );
}

function sentence({ kind, from, to, latest }: PlanBar, now: number): string {
  if (kind === 'running') return `: running, expected to end ${relative(to, now)}`;
  return `: expected to start ${relative(from, now)}${latest === null ? '' : `, at the latest ${relative(latest, now)}`}`;
}
