// Submits the lines of a batch. A refused line does not affect the others.
import type { BatchLineView, BatchRequest, BatchView } from '../api/schemas/run.ts';
import { BabysitError } from '../core/errors.ts';
import { statedEstimate } from '../core/estimate.ts';
import type { RunRequest } from '../request/request.ts';
import type { Submitted } from './run.ts';
import { noteOf } from './views/note.ts';

type Line = BatchRequest['lines'][number];
type SubmitLine = (run: RunRequest, batch: string) => Submitted;

/** The random part of `id`, a ULID, names a new batch. */
export function batch(request: BatchRequest, id: string, submit: SubmitLine): BatchView {
  const name = request.batch ?? `batch-${id.slice(-10).toLowerCase()}`;
  return { batch: name, lines: request.lines.map((line) => batchLine(line, name, submit)) };
}

function batchLine(line: Line, batch: string, submit: SubmitLine): BatchLineView {
  try {
    if (line instanceof BabysitError) throw line;
    const { task, isDeduplicated } = submit(line, batch);
    const view = { id: task.id, name: task.name, status: task.state.status };
    if (!isDeduplicated) return { ...view, ...noteOf(line.cpuCores, statedEstimate(task).cpuCores) };
    return { ...view, deduplicated: true, ...(task.batch === undefined ? {} : { batch: task.batch }) };
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    const { code, message, hint, extra } = error;
    return { ...extra, error: code, message, hint };
  }
}
