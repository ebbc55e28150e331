// The rows of what was learned: the last runs of each key of a command, under salted hashes.
import { hash } from 'node:crypto';
import { LEARNED_LEVELS, type LearnedLevel } from '../core/estimate.ts';
import type { Command } from '../core/task.ts';
import { RUNS_MAX } from '../estimates/estimator.ts';
import { commandKey } from '../estimates/key.ts';
import type { History } from '../estimates/predict.ts';
import type { RunSample } from '../estimates/run-sample.ts';
import { packRuns, unpackRuns } from './run-codec.ts';
import type { Sqlite } from './sqlite.ts';

/** Bounds the table to less than 100 MB. Beyond it, the keys that were learned longest ago are dropped. */
const KEYS_MAX = 100_000;
/** So many at a time, because each drop walks an index. */
const KEYS_DROPPED = 1_000;

export interface LearnedRun {
  readonly project: string;
  readonly command: Command;
  readonly run: RunSample;
}

export interface LearnedRuns {
  /** Within the transaction of the caller. */
  put(learned: LearnedRun): void;
  history(project: string, command: Command): History;
  /** Forgets the runs of this command in the project, and the commands of its program and verb elsewhere. Returns the number of keys. */
  forget(project: string, command: Command): number;
  /** False until `begun`: the tasks that ended before have not been learned. */
  readonly isBegun: boolean;
  begun(): void;
}

export function openLearnedRuns(db: Sqlite, keysMax = KEYS_MAX): LearnedRuns {
  const state = db.prepare<[], { salt: Uint8Array; is_begun: number }>('SELECT * FROM learning').get();
  const salt = Buffer.from(state?.salt ?? []).toString('hex');
  const select = db.prepare<[number], { body: Uint8Array }>('SELECT body FROM learned_runs WHERE key = ?');
  const put = db.prepare<[number, number, Uint8Array]>(
    'INSERT INTO learned_runs (key, seq, body) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, body = excluded.body',
  );
  const drop = db.prepare<[number]>('DELETE FROM learned_runs WHERE key = ?');
  const dropOldest = db.prepare<[number]>(
    'DELETE FROM learned_runs WHERE key IN (SELECT key FROM learned_runs ORDER BY seq LIMIT ?)',
  );
  const begun = db.prepare('UPDATE learning SET is_begun = 1');
  const count = db.prepare<[], { count: number; last: number | null }>(
    'SELECT count(*) AS count, max(seq) AS last FROM learned_runs',
  );
  const first = count.get();
  let keys = first?.count ?? 0;
  // A number of its own instead of a time: a clock that is set back must not make the newest key the oldest.
  let seq = first?.last ?? 0;

  const runsOf = (key: number): RunSample[] => {
    const row = select.get(key);
    return row === undefined ? [] : unpackRuns(row.body);
  };
  return {
    put({ project, command, run }) {
      for (const key of LEARNED_LEVELS.map(hashing(salt, project, command))) {
        const before = select.get(key);
        if (before === undefined) keys += 1;
        const runs = [...(before === undefined ? [] : unpackRuns(before.body)), run];
        put.run(key, ++seq, packRuns(runs.slice(-RUNS_MAX)));
      }
      if (keys <= keysMax) return;
      dropOldest.run(Math.min(KEYS_DROPPED, Math.ceil(keysMax / 10)));
      // A transaction that fails later makes the count wrong, so it is read again.
      keys = count.get()?.count ?? keys;
    },
    history(project, command) {
      const hashOf = hashing(salt, project, command);
      const read = new Map<LearnedLevel, RunSample[]>();
      // Most predictions need only the first level that has runs.
      const at = (level: LearnedLevel) => {
        const runs = read.get(level) ?? runsOf(hashOf(level));
        read.set(level, runs);
        return runs;
      };
      return {
        get exact() {
          return at('exact');
        },
        get shape() {
          return at('shape');
        },
        get subcommand() {
          return at('subcommand');
        },
        get elsewhere() {
          return at('elsewhere');
        },
      };
    },
    forget(project, command) {
      const changes = LEARNED_LEVELS.map(hashing(salt, project, command)).map((key) =>
        Number(drop.run(key).changes),
      );
      const forgotten = changes.reduce((sum, change) => sum + change, 0);
      keys -= forgotten;
      return forgotten;
    },
    isBegun: state?.is_begun === 1,
    begun: () => void begun.run(),
  };
}

/** The first 52 bits of a hash, which a number holds exactly: of 100 000 keys two are equal with a probability of 1e-6. */
function hashing(salt: string, project: string, command: Command): (level: LearnedLevel) => number {
  const { exact, shape, subcommand } = commandKey(command);
  const parts: Readonly<Record<LearnedLevel, readonly string[]>> = {
    exact: [project, exact],
    shape: [project, shape],
    subcommand: [project, subcommand],
    elsewhere: [subcommand],
  };
  return (level) =>
    Number.parseInt(hash('sha256', [salt, level, ...parts[level]].join('\0')).slice(0, 13), 16);
}
