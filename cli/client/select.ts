// Finds the tasks of a command that takes several: names, ids, patterns such as 'item-*', and tags.
import type { ChangeVerb } from '../../src/api/schemas/changes.ts';
import type { SelectedView } from '../../src/api/schemas/select.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { isNamePattern, type TaskStatus } from '../../src/core/task.ts';
import { commaWords } from '../../src/text/split.ts';
import type { FlagSpecs } from '../input/argv.ts';
import { currentProject } from '../input/project.ts';
import { NAME_FLAG, type Named, type Ref, taskRefs } from '../input/refs.ts';
import { call, type Session } from './session.ts';

export const SELECT_FLAGS = {
  ...NAME_FLAG,
  name: { ...NAME_FLAG.name, help: `${NAME_FLAG.name.help}; 'item-*' is every task whose name matches` },
  tag: { kind: 'list', value: 'TAG[,TAG]', help: 'tasks with this tag, or of this batch' },
} as const satisfies FlagSpecs;

/** A task of the selection. `name` is what output and hints call it. */
export interface Selected extends Ref {
  readonly name: string;
}

export interface Selection {
  readonly tasks: readonly Selected[];
  /** A pattern or a tag was given: the user has not typed each task. */
  readonly isGroup: boolean;
  /** What selects these tasks, as words of a command. */
  readonly words: readonly string[];
}

interface Selecting extends Named {
  readonly flags: Named['flags'] & { readonly tag: readonly string[] };
}

type Statuses = Readonly<Record<ChangeVerb, readonly TaskStatus[]> & Record<string, readonly TaskStatus[]>>;
/** The statuses that a pattern or a tag selects for a verb; absent: all. */
export const SELECTED_STATUSES: Statuses = {
  kill: ['pending', 'running', 'paused'],
  adjust: ['pending', 'running', 'paused'],
  pause: ['running'],
  resume: ['paused'],
  retry: ['failed', 'killed', 'interrupted'],
  log: ['running', 'paused', 'completed', 'failed', 'killed', 'interrupted'],
};

/** The typed tasks first, then those that patterns and tags select. Throws BabysitError usage or not_found. */
export async function selectTasks(session: Session, typed: Selecting, verb: string): Promise<Selection> {
  const refs = taskRefs(typed);
  const tags = commaWords(typed.flags.tag);
  const patterns = refs.filter(({ text }) => isNamePattern(text)).map(({ text }) => text);
  const named = refs.filter(({ text }) => !isNamePattern(text)).map((ref) => ({ ...ref, name: ref.text }));
  if (refs.length + tags.length === 0)
    throw new BabysitError('usage', `${verb} needs the name of a task`, {
      hint: `Run babysit ${verb} NAME, babysit ${verb} 'item-*' or babysit ${verb} --tag=TAG. babysit list shows the names.`,
    });
  const isGroup = patterns.length + tags.length > 0;
  const words = [...refs.map(({ text }) => text), ...(tags.length === 0 ? [] : [`--tag=${tags.join(',')}`])];
  if (typed.flags.all_projects) words.push('--all_projects');
  if (!isGroup) return { tasks: named, isGroup, words };
  const project = typed.flags.all_projects ? null : currentProject();
  const found = await select(session, { patterns, tags, project, verb });
  return { tasks: [...named, ...found], isGroup, words };
}

/** `project`: null for every project. Throws BabysitError not_found when no task matches. */
export async function select(
  session: Session,
  query: {
    readonly patterns: readonly string[];
    readonly tags: readonly string[];
    readonly project: string | null;
    readonly verb: string;
  },
): Promise<Selected[]> {
  const wanted = SELECTED_STATUSES[query.verb];
  const parameters = new URLSearchParams({
    ...(query.patterns.length === 0 ? {} : { pattern: query.patterns.join(',') }),
    ...(query.tags.length === 0 ? {} : { tag: query.tags.join(',') }),
    ...(query.project === null ? {} : { project: query.project }),
    ...(wanted === undefined ? {} : { status: wanted.join(',') }),
  });
  const { tasks } = await call<{ tasks: SelectedView[] }>(session, 'GET', `/v1/select?${parameters}`);
  return tasks.map(({ id, name }) => ({ text: id, project: null, name }));
}
