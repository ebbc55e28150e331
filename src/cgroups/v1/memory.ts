// The memory of a whole v1 group: what is charged, what of it is in use, and the cap. v1 has no memory.high.
import { counter, lasting, read, write } from '../cgroupfs.ts';
import type { GroupMemory } from '../port.ts';
import { reclaimableBytesV1, single } from '../usage.ts';
import { memoryFilesV1 } from './limits.ts';

export function groupMemoryV1(path: string): GroupMemory {
  const file = (name: string) => lasting(counter(`${path}/memory.${name}`));
  const files = {
    usage: file('usage_in_bytes'),
    stat: file('stat'),
    kernel: file('kmem.usage_in_bytes'),
    limit: file('limit_in_bytes'),
  };
  return {
    path,
    chargedBytes: () => files.usage.number(),
    kernelBytes: () => files.kernel.number() ?? 0,
    usedBytes() {
      const charged = files.usage.number();
      if (charged === null) return null;
      return Math.max(0, charged - reclaimableBytesV1(files.stat.read() ?? '', files.kernel.number() ?? 0));
    },
    limitBytes: () => files.limit.number(),
    cap({ maxBytes }) {
      const current = single(read(`${path}/memory.limit_in_bytes`));
      let refusal = null;
      for (const { file, value, optional } of memoryFilesV1(maxBytes, current)) {
        const errno = write(`${path}/${file}`, value);
        if (errno !== null && !(optional && errno === 'ENOENT')) refusal ??= errno;
      }
      return refusal;
    },
    close() {
      for (const file of Object.values(files)) file.close();
    },
  };
}
