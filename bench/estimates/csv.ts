// Reads the recorded runs that the bench of estimates replays.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The rows by the names of their columns. `"…"` may hold commas, line ends and doubled quotes. */
export function readCsv(file: string): readonly ReadonlyMap<string, string>[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const [head = [], ...rows] = recordsOf(text);
  return rows.map((row) => new Map(head.map((name, index) => [name, row[index] ?? ''])));
}

function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = '', end = ''] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\r?\n|$)/g,
  )) {
    record.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    if (record.length > 1) records.push(record);
    record = [];
  }
  return records;
}
