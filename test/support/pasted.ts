// What a person or an agent pastes from a text of babysit: the flags of a command, and the commands for a shell.
import { spawnSync } from 'node:child_process';
import type { TaskId } from '../../src/core/task.ts';
import type { Change } from '../../src/core/transition/transition.ts';
import type { Engine } from '../../src/engine/engine.ts';

/** As if the daemon had observed it. */
export function change(engine: Engine, id: string, what: Change): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.request({ apply: (work) => void work.change(id as TaskId, what), resolve, reject });
  });
}

/** The flags in a command or a sentence, as the command line passes them on. */
export function typedIn(words: string): Record<string, string | boolean> {
  const flags = [...words.matchAll(/--(\w+)(?:=('[^']*'|[^\s,;()]*[^\s,;().]))?/g)];
  return Object.fromEntries(
    flags.map(([, name = '', value]) => [name, value?.replace(/^'(.*)'$/, '$1') ?? true]),
  );
}

/** The flags of a sentence that have a value: the others are only mentioned. */
export function valuesIn(words: string): Record<string, string | boolean> {
  return Object.fromEntries(Object.entries(typedIn(words)).filter(([, value]) => value !== true));
}

/** The command after "Run: ", up to the words that go on about it; null without one. */
export function commandIn(text: string): string | null {
  return /[Rr]un: (.+?)(?:, (?:or|so|then) .*)?\.?$/.exec(text)?.[1] ?? null;
}

/** The complaint of a shell that parses the command; empty: it can be pasted. */
export function syntaxError(command: string): string {
  return spawnSync('bash', ['-n', '-c', command], { encoding: 'utf8' }).stderr;
}
