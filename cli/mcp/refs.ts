// Reads the tasks that the input of a tool names, and the project to look them up in.
import { BabysitError } from '../../src/core/errors.ts';
import { isNamePattern } from '../../src/core/task.ts';
import { commaWords } from '../../src/text/split.ts';
import { type Selected, select } from '../client/select.ts';
import type { Session } from '../client/session.ts';
import { currentProject, findCwd, findProject } from '../input/project.ts';
import { type Ref, uniqueRefs } from '../input/refs.ts';

/** The fields of a tool that say where its names belong. */
export interface Scope {
  readonly cwd?: string | undefined;
  readonly all_projects?: boolean | undefined;
}

/** The fields of a tool that takes several tasks: lists, or texts with commas. */
export interface Naming extends Scope {
  readonly name?: string | readonly string[] | undefined;
  readonly tag?: string | readonly string[] | undefined;
}

/** Throws BabysitError usage without a name and a tag, and not_found when no task matches. */
export async function selectNamed(session: Session, naming: Naming, verb: string): Promise<Selected[]> {
  const texts = uniqueRefs(typeof naming.name === 'string' ? splitNames(naming.name) : (naming.name ?? []));
  const tags = commaWords([naming.tag ?? []].flat());
  if (texts.length + tags.length === 0)
    throw new BabysitError('usage', `${verb} needs a name or a tag`, {
      hint: 'Give name as a list of names, ids or patterns, or give tag. The tool list shows them.',
    });
  const project = projectOf(naming);
  const patterns = texts.filter(isNamePattern);
  const named = texts.filter((text) => !isNamePattern(text)).map((text) => ({ text, project, name: text }));
  if (patterns.length + tags.length === 0) return named;
  return [...named, ...(await select(session, { patterns, tags, project, verb }))];
}

export function refOf(text: string, scope: Scope): Ref {
  return { text, project: projectOf(scope) };
}

/** Null: every project. */
export function projectOf({ cwd, all_projects = false }: Scope): string | null {
  if (all_projects) return null;
  return cwd === undefined ? currentProject() : findProject(findCwd(cwd));
}

function splitNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}
