// Reads the tasks that a command names: positional words or --name=X, and the project to look them up in.
import { BabysitError } from '../../src/core/errors.ts';
import type { FlagSpecs } from './argv.ts';
import { currentProject } from './project.ts';

export const NAME_FLAG = {
  name: {
    kind: 'list',
    value: 'NAME',
    help: 'task by name, id or unique prefix of the id; a plain word does the same',
  },
  all_projects: { kind: 'switch', help: 'look names up in all projects, instead of this one first' },
} as const satisfies FlagSpecs;

/** A reference as typed, and the project in which it is looked up first; null: in all projects alike. */
export interface Ref {
  readonly text: string;
  readonly project: string | null;
}

/** The words and flags of a command that takes NAME_FLAG. */
export interface Named {
  readonly positionals: readonly string[];
  readonly flags: { readonly name: readonly string[]; readonly all_projects: boolean };
}

/** In the given order, without duplicates. */
export function taskRefs({ positionals, flags }: Named): Ref[] {
  const texts = uniqueRefs([...flags.name, ...positionals]);
  if (texts.length === 0) return [];
  const project = flags.all_projects ? null : currentProject();
  return texts.map((text) => ({ text, project }));
}

export function uniqueRefs(texts: readonly string[]): string[] {
  const unique = [...new Set(texts)];
  if (unique.some((ref) => ref.trim() === '')) throw new BabysitError('usage', 'empty task name');
  return unique;
}

export function oneRef(named: Named, verb: string): Ref {
  const [ref, ...more] = someRefs(named, verb);
  if (more.length > 0) throw new BabysitError('usage', `${verb} takes one task, not ${more.length + 1}`);
  return ref;
}

export function someRefs(named: Named, verb: string): [Ref, ...Ref[]] {
  const [first, ...more] = taskRefs(named);
  if (first === undefined)
    throw new BabysitError('usage', `${verb} needs the name of a task`, {
      hint: `Run babysit ${verb} NAME. babysit list shows the names.`,
    });
  return [first, ...more];
}

/** The address of a task: a whole id needs no project. */
export function taskPath(ref: Ref | string, rest = ''): string {
  if (typeof ref === 'string') return `/v1/tasks/${encodeURIComponent(ref)}${rest}`;
  const path = taskPath(ref.text, rest);
  if (ref.project === null) return path;
  return `${path}${rest.includes('?') ? '&' : '?'}project=${encodeURIComponent(ref.project)}`;
}

export function noPositionals(positionals: readonly string[], verb: string): void {
  const [first] = positionals;
  if (first !== undefined)
    throw new BabysitError('usage', `${verb} takes no word "${first}"`, {
      hint: `Run babysit ${verb} --help for its flags.`,
    });
}
