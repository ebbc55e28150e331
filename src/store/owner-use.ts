// The rows of what owners have used.
import type { OwnerUseEntry } from '../core/owner-use.ts';
import type { Sqlite } from './sqlite.ts';

interface Row {
  owner: string;
  cpu_core_ms: number;
  mem_byte_ms: number;
  declared_cpu_core_ms: number;
  declared_mem_byte_ms: number;
  measured_cpu_core_ms: number;
  measured_mem_byte_ms: number;
  at: number;
}

export interface OwnerUseRows {
  put(entry: OwnerUseEntry): void;
  /** The newest entries, oldest first; drops the others. */
  newest(limit: number): OwnerUseEntry[];
}

export function openOwnerUse(db: Sqlite): OwnerUseRows {
  const put = db.prepare<[Row]>(
    `INSERT OR REPLACE INTO owner_use (owner, cpu_core_ms, mem_byte_ms, declared_cpu_core_ms, declared_mem_byte_ms,
       measured_cpu_core_ms, measured_mem_byte_ms, at)
     VALUES (@owner, @cpu_core_ms, @mem_byte_ms, @declared_cpu_core_ms, @declared_mem_byte_ms,
       @measured_cpu_core_ms, @measured_mem_byte_ms, @at)`,
  );
  const select = db.prepare<[number], Row>('SELECT * FROM owner_use ORDER BY at DESC, owner LIMIT ?');
  const drop = db.prepare<[number]>(
    'DELETE FROM owner_use WHERE owner NOT IN (SELECT owner FROM owner_use ORDER BY at DESC, owner LIMIT ?)',
  );
  return {
    put({ owner, cpuCoreMs, memByteMs, declared, measured, atMs }) {
      put.run({
        owner,
        cpu_core_ms: cpuCoreMs,
        mem_byte_ms: memByteMs,
        declared_cpu_core_ms: declared.cpuCoreMs,
        declared_mem_byte_ms: declared.memByteMs,
        measured_cpu_core_ms: measured.cpuCoreMs,
        measured_mem_byte_ms: measured.memByteMs,
        at: Math.round(atMs),
      });
    },
    newest(limit) {
      drop.run(limit);
      return select
        .all(limit)
        .reverse()
        .map((row) => ({
          owner: row.owner,
          cpuCoreMs: row.cpu_core_ms,
          memByteMs: row.mem_byte_ms,
          declared: { cpuCoreMs: row.declared_cpu_core_ms, memByteMs: row.declared_mem_byte_ms },
          measured: { cpuCoreMs: row.measured_cpu_core_ms, memByteMs: row.measured_mem_byte_ms },
          atMs: row.at,
        }));
    },
  };
}
