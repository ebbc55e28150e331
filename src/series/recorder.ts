// Records the series of the host and of each running task, and reads those of every task.
import type { TaskId } from '../core/task.ts';
import { HOST_FIELDS, type Point, TASK_FIELDS } from './fields.ts';
import { readSeries, type SeriesQuery, Track } from './track.ts';

export interface SeriesPaths {
  readonly host: string;
  task(id: TaskId): string;
}

export interface Measured {
  /** Epoch ms. */
  readonly at: number;
  /** In the order of HOST_FIELDS. */
  readonly host: readonly number[];
  /** The values in the order of TASK_FIELDS. */
  readonly tasks: readonly {
    readonly id: TaskId;
    readonly values: readonly number[];
    /** It uses no CPU: its values change little. */
    readonly isIdle: boolean;
  }[];
}

/** Tracks that begin in the same pass write in different ones. */
const PHASE_STEP_MS = 1000;

export class SeriesRecorder {
  readonly #paths: SeriesPaths;
  readonly #tasks = new Map<TaskId, Track>();
  #host: Track | null = null;
  #begun = 0;

  constructor(paths: SeriesPaths) {
    this.#paths = paths;
  }

  record({ at, host, tasks }: Measured): void {
    this.#host ??= new Track(this.#paths.host, HOST_FIELDS);
    this.#host.add({ at, values: host }, tasks.length === 0);
    for (const { id, values, isIdle } of tasks) this.#track(id).add({ at, values }, isIdle);
  }

  /** Call when the task has ended. */
  ended(id: TaskId): void {
    this.#tasks.get(id)?.close();
    this.#tasks.delete(id);
  }

  host(query: SeriesQuery, nowMs: number): Promise<Point[]> {
    return this.#host?.read(query, nowMs) ?? readSeries(this.#paths.host, HOST_FIELDS, query, nowMs);
  }

  task(id: TaskId, query: SeriesQuery, nowMs: number): Promise<Point[]> {
    const track = this.#tasks.get(id);
    return track?.read(query, nowMs) ?? readSeries(this.#paths.task(id), TASK_FIELDS, query, nowMs);
  }

  close(): void {
    this.#host?.close();
    for (const track of this.#tasks.values()) track.close();
    this.#tasks.clear();
  }

  #track(id: TaskId): Track {
    let track = this.#tasks.get(id);
    if (track === undefined) {
      this.#begun += 1;
      track = new Track(this.#paths.task(id), TASK_FIELDS, PHASE_STEP_MS * this.#begun);
      this.#tasks.set(id, track);
    }
    return track;
  }
}
