// Submits the lines of a batch. A refused line does not affect the others.
import type { BatchLineView } from '../api/schemas/run.ts';
import { BabysitError } from '../core/errors.ts';
import type { RunRequest } from '../request/request.ts';
import type { Submitted } from './run.ts';
import { noteOf } from './views/note.ts';

type Line = RunRequest | BabysitError;
type SubmitLine = (run: RunRequest) => Submitted;

export function batch(lines: readonly Line[], submit: SubmitLine): BatchLineView[] {
  return lines.map((line) => batchLine(line, submit));
}

function batchLine(line: Line, submit: SubmitLine): BatchLineView {
  try {
    if (line instanceof BabysitError) throw line;
    const { task, isDeduplicated } = submit(line);
    const view = { id: task.id, name: task.name, status: task.state.status };
    if (isDeduplicated) return { ...view, deduplicated: true };
    return { ...view, ...noteOf(line.cpuCores, task.estimate.cpuCores) };
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    const { code, message, hint, extra } = error;
    return { ...extra, error: code, message, hint };
  }
}
