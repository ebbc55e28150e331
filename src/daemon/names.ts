// A name for a task that was given none: its program and the time.
import type { Command } from '../core/task.ts';

/** `cd x && make -j4` at 10:41:05 on 21 November -> `make-1121-104105`; `-2`, `-3` … when taken. */
export function makeName(command: Command, at: Date, isTaken: (name: string) => boolean): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const stamp = `${two(at.getMonth() + 1)}${two(at.getDate())}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const base = `${programOf(command)}-${stamp}`;
  let name = base;
  for (let n = 2; isTaken(name); n += 1) name = `${base}-${n}`;
  return name;
}

/** Words that come before the program that matters. */
const PREFIX = /^(cd|exec|env|nice|nohup|time|timeout|sudo|export|set|source|\.)$/;
const MAX_LENGTH = 24;

function programOf(command: Command): string {
  const words = command.kind === 'argv' ? [command.argv[0] ?? ''] : firstProgram(command.line);
  const program = (words[0] ?? '').split('/').pop() ?? '';
  const clean = program.replace(/[^A-Za-z0-9._-]+/g, '').replace(/^[^A-Za-z0-9]+/, '');
  return clean.slice(0, MAX_LENGTH) || 'task';
}

function firstProgram(line: string): string[] {
  for (const part of line.split(/&&|\|\||[;|\n]/)) {
    const words = part.trim().split(/\s+/).filter(Boolean);
    while (words[0] !== undefined && /^[A-Za-z_]\w*=/.test(words[0])) words.shift();
    if (words[0] !== undefined && !PREFIX.test(words[0])) return words;
  }
  return [];
}
