// Submits the lines of a batch in slices, each a commit of its own: the daemon serves others between two of them. A refused
// line does not affect the others.
import type { BatchLineView, BatchRequest, BatchView } from '../api/schemas/run.ts';
import type { Clock } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import { statedEstimate } from '../core/estimate.ts';
import { beginSlice } from '../engine/slice.ts';
import type { UnitOfWork } from '../engine/unit-of-work.ts';
import type { RunRequest } from '../request/request.ts';
import type { TaskAccess } from './lookup/task-access.ts';
import type { Submit, Submitted } from './run.ts';
import { noteOf } from './views/note.ts';

type Line = BatchRequest['lines'][number];

export interface BatchDeps {
  readonly clock: Clock;
  readonly tasks: Pick<TaskAccess, 'commit'>;
  readonly submit: Submit;
}

/**
 * The random part of `id`, a ULID, names a new batch. Throws when nothing is stored, so that the batch can be sent again; an
 * error of a later slice is the answer of each line that is left.
 */
export async function batch(deps: BatchDeps, request: BatchRequest, id: string): Promise<BatchView> {
  const name = request.batch ?? `batch-${id.slice(-10).toLowerCase()}`;
  const lines: BatchLineView[] = [];
  do
    try {
      const left = request.lines.slice(lines.length);
      lines.push(...(await deps.tasks.commit((work) => submitSome(deps, work, left, name))));
    } catch (error) {
      if (lines.length === 0 || !(error instanceof BabysitError)) throw error;
      while (lines.length < request.lines.length) lines.push(refusedLine(error));
    }
  while (lines.length < request.lines.length);
  return { batch: name, lines };
}

/** The answers of the first lines: at least of one, if there is one. */
function submitSome(
  { clock, submit }: BatchDeps,
  work: UnitOfWork,
  left: readonly Line[],
  batch: string,
): BatchLineView[] {
  const isTimeOver = beginSlice(() => clock.now().monoMs);
  const done: BatchLineView[] = [];
  for (const line of left) {
    if (done.length > 0 && isTimeOver()) break;
    done.push(submitLine(line, (run) => submit(work, run, batch)));
  }
  return done;
}

function submitLine(line: Line, submit: (run: RunRequest) => Submitted): BatchLineView {
  try {
    if (line instanceof BabysitError) throw line;
    const { task, isDeduplicated } = submit(line);
    const view = { id: task.id, name: task.name, status: task.state.status };
    if (!isDeduplicated) return { ...view, ...noteOf(line.cpuCores, statedEstimate(task).cpuCores) };
    return { ...view, deduplicated: true, ...(task.batch === undefined ? {} : { batch: task.batch }) };
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    return refusedLine(error);
  }
}

function refusedLine({ code, message, hint, extra }: BabysitError): BatchLineView {
  return { ...extra, error: code, message, hint };
}
