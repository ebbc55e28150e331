// The largest programs outside of all tasks, now and at their peak of the last hour, with the agent session they belong to.
import type { Frame } from '../../cli/client/frames.ts';
import { type Peak, peaksOf } from '../../cli/client/outside-peaks.ts';
import type { OutsidePoint } from '../../src/api/schemas/observe/outside.ts';
import { cores, coresText, relative, size } from '../text.ts';

interface Props {
  readonly frame: Frame;
  /** Of the last hour. */
  readonly looks: readonly OutsidePoint[];
}

export function Outside({ frame: { at, outside, status }, looks }: Props) {
  const host = { cores: status.host.cores, memBytes: status.host.mem_total_bytes };
  const peaks = peaksOf(looks, outside, at, host);
  return (
    <section aria-labelledby="outside-title">
      <h2 id="outside-title">Other programs</h2>
      {peaks.length === 0 ? (
        <p class="empty">No program outside of tasks uses much of this host.</p>
      ) : (
        <table class="programs">
          <thead>
            <tr>
              <th scope="col">program</th>
              <th scope="col">belongs to</th>
              <th scope="col" class="number">
                memory
              </th>
              <th scope="col" class="number">
                cores
              </th>
              <th scope="col" class="number">
                most in the last hour
              </th>
            </tr>
          </thead>
          <tbody>
            {peaks.map((peak) => (
              <Program key={`${peak.name}${peak.belongs_to}`} peak={peak} at={at} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Program({
  peak: { name, belongs_to, now, most, dim, at: then },
  at,
}: {
  readonly peak: Peak;
  readonly at: number;
}) {
  const { processes } = now ?? most;
  return (
    <tr class={now === null ? 'quiet' : undefined}>
      <td>
        {name} {processes > 1 ? <span class="quiet">× {processes}</span> : null}
      </td>
      <td>{belongs_to ?? <span class="quiet">not known</span>}</td>
      <td class="number">{size(now?.mem_bytes)}</td>
      <td class="number">{cores(now?.cpu_cores)}</td>
      <td class="number">
        {dim === 'mem' ? size(most.mem_bytes) : coresText(most.cpu_cores)}{' '}
        <span class="quiet">{relative(then, at)}</span>
      </td>
    </tr>
  );
}
