// Prints the events and the results of `wait`.
import type { EventView } from '../../src/api/schemas/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';
import { humanCores, humanDuration, humanSize, humanValue, outcome, paintStatus } from './human.ts';
import type { Output } from './output.ts';
import { terminalView } from './task-view.ts';

export function printEvent(output: Output, event: EventView): void {
  output.notify(event, () =>
    event.event === 'daemon_stopping'
      ? 'babysit: the daemon is stopping; waiting for the next one (tasks keep running)\n'
      : eventText(event),
  );
}

export function eventText(event: EventView): string {
  const { event: what, seq: _seq, at, name, id: _id, ...fields } = event;
  const shown = Object.entries(fields).filter(([key]) => key !== 'hint' && key !== 'envelope');
  const words = shown.map(([key, value]) => `${key}=${humanValue(key, value)}`).join(' ');
  const hint = typeof event.hint === 'string' ? `\n  hint: ${escapeField(event.hint)}` : '';
  return `${clockTime(at)} ${escapeField(name)} ${what}${words ? ` ${escapeField(words)}` : ''}${hint}\n`;
}

export function printResult(output: Output, task: TaskView, full: boolean): void {
  output.result(terminalView(task, full), () => resultText(task, output.color));
}

export function resultText(task: TaskView, color: boolean): string {
  const parts = [
    outcome(task),
    humanDuration(task.elapsed_ms),
    task.peak_mem_bytes === null ? '' : `peak ${humanSize(task.peak_mem_bytes)}`,
    task.cpu_seconds === null ? '' : `cpu ${humanCores(task.cpu_seconds)}s`,
  ].filter((part) => part !== '');
  const lines = [`${escapeField(task.name)} ${paintStatus(task.status, color)}: ${parts.join(', ')}`];
  if (task.message !== null) lines.push(`  ${escapeField(task.message)}`);
  const hint = task.kill_hint ?? task.hint;
  if (hint !== null) lines.push(`  hint: ${escapeField(hint)}`);
  return `${lines.join('\n')}\n`;
}

function clockTime(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8);
}
