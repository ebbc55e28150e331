// The largest programs outside of all tasks, with the agent session or terminal that they belong to.
import type { Frame } from '../../cli/client/frames.ts';
import { cores, size } from '../text.ts';

export function Outside({ programs }: { readonly programs: Frame['outside'] }) {
  return (
    <section aria-labelledby="outside-title">
      <h2 id="outside-title">Other programs</h2>
      {programs.length === 0 ? (
        <p class="empty">No program outside of tasks uses much of this host.</p>
      ) : (
        <table>
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
            </tr>
          </thead>
          <tbody>
            {programs.map(({ name, processes, mem_bytes, cpu_cores, belongs_to }) => (
              <tr key={`${name}${belongs_to}`}>
                <td>
                  {name} {processes > 1 ? <span class="quiet">× {processes}</span> : null}
                </td>
                <td>{belongs_to ?? <span class="quiet">not known</span>}</td>
                <td class="number">{size(mem_bytes)}</td>
                <td class="number">{cores(cpu_cores)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
