// The memory of a whole v2 group: what is charged, what of it is in use, and the cap.
import { counter, lasting, write } from '../cgroupfs.ts';
import type { GroupMemory } from '../port.ts';
import { cacheBytesV2 } from '../usage.ts';
import { wholeBytes } from './limits.ts';

export function groupMemoryV2(path: string): GroupMemory {
  const file = (name: string) => lasting(counter(`${path}/memory.${name}`, 'later'));
  const files = {
    current: file('current'),
    stat: file('stat'),
    max: file('max'),
  };
  return {
    path,
    chargedBytes: () => files.current.number(),
    kernelBytes: () => 0,
    usedBytes() {
      const charged = files.current.number();
      return charged === null ? null : Math.max(0, charged - cacheBytesV2(files.stat.read() ?? ''));
    },
    limitBytes: () => files.max.number(),
    cap({ maxBytes, highBytes }) {
      // Absent without swap accounting.
      write(`${path}/memory.swap.max`, '0');
      // memory.high first: lowering it makes the kernel reclaim page cache, lowering memory.max may also end a process.
      const refusal = write(`${path}/memory.high`, wholeBytes(highBytes));
      return write(`${path}/memory.max`, wholeBytes(maxBytes)) ?? refusal;
    },
    close() {
      for (const file of Object.values(files)) file.close();
    },
  };
}
