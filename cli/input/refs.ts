// Reads the tasks that a command names: positional words or --name=X.
import { BabysitError } from '../../src/core/errors.ts';
import type { FlagSpecs } from './argv.ts';

export const NAME_FLAG = {
  name: {
    kind: 'list',
    value: 'NAME',
    help: 'task by name, id or unique prefix of the id; a plain word does the same',
  },
} as const satisfies FlagSpecs;

/** In the given order, without duplicates. */
export function taskRefs(positionals: readonly string[], names: readonly string[]): string[] {
  const refs = [...new Set([...names, ...positionals])];
  if (refs.some((ref) => ref.trim() === '')) throw new BabysitError('usage', 'empty task name');
  return refs;
}

export function oneRef(positionals: readonly string[], names: readonly string[], verb: string): string {
  const [ref, ...more] = someRefs(positionals, names, verb);
  if (more.length > 0) throw new BabysitError('usage', `${verb} takes one task, not ${more.length + 1}`);
  return ref;
}

export function someRefs(
  positionals: readonly string[],
  names: readonly string[],
  verb: string,
): [string, ...string[]] {
  const [first, ...more] = taskRefs(positionals, names);
  if (first === undefined)
    throw new BabysitError('usage', `${verb} needs the name of a task`, {
      hint: `Run babysit ${verb} NAME. babysit list shows the names.`,
    });
  return [first, ...more];
}

export function taskPath(ref: string, rest = ''): string {
  return `/v1/tasks/${encodeURIComponent(ref)}${rest}`;
}

export function noPositionals(positionals: readonly string[], verb: string): void {
  const [first] = positionals;
  if (first !== undefined)
    throw new BabysitError('usage', `${verb} takes no word "${first}"`, {
      hint: `Run babysit ${verb} --help for its flags.`,
    });
}
