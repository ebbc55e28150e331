// Generates the name of a task from its program and the time.
import { type Command, isTaskName, type TaskId } from '../../core/task.ts';

/** `cd x && make -j4` at 10:41:05 on 21 November -> `make-1121-104105`; with the end of the id if that is taken. */
export function makeName(command: Command, at: Date, id: TaskId, isTaken: (name: string) => boolean): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const stamp = `${two(at.getMonth() + 1)}${two(at.getDate())}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const base = `${programOf(command)}-${stamp}`;
  return isTaken(base) ? `${base}-${id.slice(-6).toLowerCase()}` : base;
}

/** A unit of systemd that the caller named gives the task its name, so that both are known by the same word. */
export function nameOfUnit(unit: string | null): string | null {
  const name = unit?.replace(/\.service$/, '') ?? '';
  return isTaskName(name) ? name : null;
}

/** Commands that start no program. */
const IDLE = /^(cd|export|set|source|\.|:)$/;
/** Programs that start another program. Their flags, numbers and assignments are skipped. */
const WRAPPER = /^(exec|env|nice|nohup|time|timeout|sudo|setsid|command)$/;
const WRAPPER_ARGUMENT = /^(-|\d|[A-Za-z_]\w*=)/;
const MAX_LENGTH = 24;

function programOf(command: Command): string {
  const word = command.kind === 'argv' ? firstProgram(command.argv) : programOfLine(command.line);
  const program = (word ?? '').split('/').pop() ?? '';
  const clean = program.replace(/[^A-Za-z0-9._-]+/g, '').replace(/^[^A-Za-z0-9]+/, '');
  return clean.slice(0, MAX_LENGTH) || 'task';
}

function programOfLine(line: string): string | undefined {
  for (const part of line.split(/&&|\|\||[;|\n]/)) {
    const program = firstProgram(part.trim().split(/\s+/).filter(Boolean));
    if (program !== undefined && !IDLE.test(program)) return program;
  }
  return undefined;
}

function firstProgram(words: readonly string[]): string | undefined {
  let isWrapped = true;
  for (const word of words) {
    if (isWrapped && WRAPPER_ARGUMENT.test(word)) continue;
    isWrapped = WRAPPER.test(word);
    if (!isWrapped) return word;
  }
  return undefined;
}
