// Names the programs outside of all tasks that hold room, with the agent session or the terminal they belong to.
import type { StatusView } from '../../api/schemas/status.ts';
import type { OutsideProgram } from '../../procfs/outside/outside-programs.ts';
import { roundCores } from '../../units/number.ts';

const NAMED = 2;

/** Looks at the processes of the host: call it only to show the result. */
export type LargestOutside = () => readonly OutsideProgram[];

export function outsideViews(programs: readonly OutsideProgram[]): StatusView['host']['outside'] {
  return programs.map(({ name, processes, memBytes, cpuCores, belongsTo }) => ({
    ...{ name, processes, mem_bytes: memBytes, cpu_cores: roundCores(cpuCores), belongs_to: belongsTo },
  }));
}

/** `cc1plus (8 processes) of agent session 7f2c, firefox`; null when no program is known. */
export function outsideText(programs: readonly OutsideProgram[]): string | null {
  const names = programs.slice(0, NAMED).map(({ name, processes, belongsTo }) => {
    const count = processes === 1 ? '' : ` (${processes} processes)`;
    return `${name}${count}${belongsTo === null ? '' : ` of ${belongsTo}`}`;
  });
  return names.length === 0 ? null : names.join(', ');
}
