// The status of a task, as a word with a color and a sign: color alone says nothing to some readers.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';

const SIGNS: Readonly<Record<LiveTask['status'], string>> = {
  pending: '…',
  running: '▶',
  paused: '‖',
  completed: '✓',
  failed: '✗',
  killed: '✗',
  interrupted: '!',
};

export function Status({ status }: { readonly status: LiveTask['status'] }) {
  return (
    <span class={`status ${status}`}>
      <span aria-hidden="true">{SIGNS[status]}</span> {status}
    </span>
  );
}
