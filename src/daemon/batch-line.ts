// One line of a batch: submitted, or refused without harm to the others.

import type { BatchLineView } from '../api/schemas/run.ts';
import { BabysitError } from '../core/errors.ts';
import type { RunRequest } from '../request/request.ts';
import type { Submitted } from './submit.ts';

export function batchLine(
  line: RunRequest | BabysitError,
  submit: (run: RunRequest) => Submitted,
): BatchLineView {
  try {
    if (line instanceof BabysitError) throw line;
    const { task, isDeduplicated } = submit(line);
    const view = { id: task.id, name: task.name, status: task.state.status };
    return isDeduplicated ? { ...view, deduplicated: true } : view;
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    const { code, message, hint, extra } = error;
    return { ...extra, error: code, message, hint };
  }
}
