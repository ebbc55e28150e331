// What a benchmark is given and what it returns.
import type { Row } from './row.ts';

export interface Run {
  /** Fewer samples: good for a look, not for a figure. */
  readonly isQuick: boolean;
  /** Tells how far it is. */
  progress(done: number, of: number): void;
}

export type Benchmark = (run: Run) => Promise<Row[]>;
