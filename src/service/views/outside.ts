// Names the programs outside of all tasks that hold room, with the agent session or the terminal they belong to.
import type { OutsideProgram } from '../../procfs/process/outside-programs.ts';

const NAMED = 2;

/** Looks at the processes of the host: call it only to show the result. */
export type LargestOutside = () => readonly OutsideProgram[];

/** `cc1plus (8 processes) of agent session 7f2c, firefox`; null when no program is known. */
export function outsideText(programs: readonly OutsideProgram[]): string | null {
  const names = programs.slice(0, NAMED).map(({ name, processes, belongsTo }) => {
    const count = processes === 1 ? '' : ` (${processes} processes)`;
    return `${name}${count}${belongsTo === null ? '' : ` of ${belongsTo}`}`;
  });
  return names.length === 0 ? null : names.join(', ');
}
