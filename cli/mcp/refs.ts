// Reads the tasks that the input of a tool names, and the project to look them up in.
import { currentProject, findCwd, findProject } from '../input/project.ts';
import { type Ref, uniqueRefs } from '../input/refs.ts';

/** The fields of a tool that says where its names belong. */
export interface Scope {
  readonly cwd?: string | undefined;
  readonly all_projects?: boolean | undefined;
}

/** `name` is a list, or text with commas. */
export function refsOf(name: string | readonly string[], scope: Scope): Ref[] {
  const texts = typeof name === 'string' ? name.split(',').map((ref) => ref.trim()) : name;
  const project = projectOf(scope);
  return uniqueRefs(texts).map((text) => ({ text, project }));
}

export function refOf(text: string, scope: Scope): Ref {
  return { text, project: projectOf(scope) };
}

/** Null: every project. */
export function projectOf({ cwd, all_projects = false }: Scope): string | null {
  if (all_projects) return null;
  return cwd === undefined ? currentProject() : findProject(findCwd(cwd));
}
