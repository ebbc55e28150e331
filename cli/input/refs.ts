// The tasks a command is about: positionals or --name=X.
import { BabysitError } from '../../src/core/errors.ts';
import type { FlagSpecs } from './argv.ts';

export const NAME_FLAG = {
  name: {
    kind: 'list',
    value: 'NAME',
    help: 'a task by name, id or unique prefix of its id (or as a plain word)',
  },
} as const satisfies FlagSpecs;

/** Without repetitions, in the order given. */
export function taskRefs(positionals: readonly string[], names: readonly string[]): string[] {
  const refs = [...new Set([...names, ...positionals])];
  if (refs.some((ref) => ref.trim() === '')) throw new BabysitError('usage', 'the name of a task is empty');
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
      hint: `babysit ${verb} NAME; babysit list shows the tasks.`,
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
      hint: `babysit ${verb} --help shows its flags.`,
    });
}
