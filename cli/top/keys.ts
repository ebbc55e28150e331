// Turns a key into a new state and its effects. Pure.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { bodyFromFlags } from '../../src/request/flags.ts';
import { cutMiddle } from '../../src/text/width.ts';
import { adjustText, readAdjust } from './adjust-line.ts';
import { EMPTY_LINE, edited, textOf } from './input-line.ts';
import {
  type Base,
  type Effect,
  isTooSmall,
  keptSelection,
  type Mode,
  type Size,
  SORTS,
  type State,
  selectable,
  selectedTask,
} from './state.ts';

/** Of a name in a question: the answers fit beside it. */
export const NAME_COLUMNS = 30;

/** A key by its name, or a text that was typed. */
export type Key = { readonly name: KeyName } | { readonly name: 'text'; readonly text: string };
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'tab'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'clear'
  | 'suspend'
  | 'interrupt';

/** The control characters of a terminal in raw mode. */
export const CONTROL_KEYS: Readonly<Record<string, KeyName>> = {
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'delete',
  '\x05': 'end',
  '\x06': 'right',
  '\x08': 'backspace',
  '\t': 'tab',
  '\n': 'enter',
  '\r': 'enter',
  '\x0e': 'down',
  '\x10': 'up',
  '\x15': 'clear',
  '\x1a': 'suspend',
  '\x1b': 'escape',
  '\x7f': 'backspace',
};

/** Keys that are typed fast arrive as one text. Drops control characters without a meaning. */
export function typedKeys(input: string): Key[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the point
  return input.split(/([\x00-\x1f\x7f-\x9f])/).flatMap((part): Key[] => {
    const name = CONTROL_KEYS[part];
    if (name !== undefined) return [{ name }];
    return part < ' ' || (part >= '\x7f' && part < '\xa0') ? [] : [{ name: 'text', text: part }];
  });
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export function pressed(state: State, key: Key): Step {
  if (key.name === 'interrupt') return { state, effects: [{ kind: 'quit' }] };
  if (key.name === 'suspend') return { state, effects: [{ kind: 'suspend' }] };
  // A key would act on a task, or answer a question, that is not on the screen.
  if (isTooSmall(state.size))
    return { state, effects: key.name === 'text' && key.text === 'q' ? [{ kind: 'quit' }] : [] };
  const quiet = { ...state, message: null };
  const { mode } = state;
  switch (mode.kind) {
    case 'list':
      return each(quiet, key, inList);
    case 'detail':
      return each(quiet, key, inDetail);
    case 'help':
      return only({ ...quiet, mode: { kind: 'list' } });
    case 'filter':
      return only(inFilter(quiet, mode, key));
    case 'confirm':
      return inConfirm(quiet, mode, key);
    case 'adjust':
      return inAdjust(quiet, mode, key);
  }
}

function only(state: State): Step {
  return { state, effects: [] };
}

/**
 * Keys that are typed fast arrive as one text. Each acts in the mode that the one before it has left. The answer to a
 * question must be a key of its own, so that a pasted text kills nothing.
 */
function each(state: State, key: Key, one: (state: State, key: Key) => Step): Step {
  if (key.name !== 'text') return one(state, key);
  const [first = '', ...more] = key.text;
  const step = one(state, { name: 'text', text: first });
  if (more.length === 0 || step.state.mode.kind === 'confirm') return step;
  const rest = pressed(step.state, { name: 'text', text: more.join('') });
  return { state: rest.state, effects: [...step.effects, ...rest.effects] };
}

function inList(state: State, key: Key): Step {
  if (key.name === 'text') return command(state, key.text, 'list');
  const page = pageOf(state.size);
  switch (key.name) {
    case 'up':
      return only(moved(state, -1));
    case 'down':
      return only(moved(state, 1));
    case 'pageUp':
      return only(moved(state, -page));
    case 'pageDown':
      return only(moved(state, page));
    case 'home':
      return only(moved(state, Number.NEGATIVE_INFINITY));
    case 'end':
      return only(moved(state, Number.POSITIVE_INFINITY));
    case 'tab':
      return only(nextSection(state));
    case 'enter':
      return opened(state);
    case 'escape':
      return only(selectedAnew({ ...state, filter: '' }));
    default:
      return only(state);
  }
}

function inDetail(state: State, key: Key): Step {
  const page = pageOf(state.size);
  if (key.name === 'text' && key.text !== 'q') return command(state, key.text, 'detail');
  switch (key.name) {
    case 'text':
    case 'escape':
    case 'enter':
      return left({ ...state, mode: { kind: 'list' } });
    case 'up':
      return only(scrolled(state, 1));
    case 'down':
      return only(scrolled(state, -1));
    case 'pageUp':
      return only(scrolled(state, page));
    case 'pageDown':
      return only(scrolled(state, -page));
    case 'home':
      return only(scrolled(state, Number.POSITIVE_INFINITY));
    case 'end':
      return only(scrolled(state, Number.NEGATIVE_INFINITY));
    default:
      return only(state);
  }
}

/** Ends what the page of a task reads. */
function left(state: State): Step {
  return { state: { ...state, detail: null }, effects: state.detail === null ? [] : [{ kind: 'close' }] };
}

/** The letters of both screens. `k` kills, so only the arrows move upwards. */
function command(state: State, letter: string, from: Base): Step {
  const task = from === 'detail' ? (state.detail?.task ?? null) : selectedTask(state);
  switch (letter) {
    case 'j':
      return only(from === 'detail' ? scrolled(state, -1) : moved(state, 1));
    case 'q':
      return { state, effects: [{ kind: 'quit' }] };
    case '?':
      return left({ ...state, mode: { kind: 'help' } });
    case '/':
      return left({
        ...state,
        mode: { kind: 'filter', line: { ...EMPTY_LINE, before: state.filter }, old: state.filter },
      });
    case 'h':
      return holdOrRelease(state, from);
    case 's':
      return only({ ...state, sort: SORTS[(SORTS.indexOf(state.sort) + 1) % SORTS.length] ?? 'kill' });
    case 'p':
    case 'k':
    case '+':
    case '=':
    case '-':
    case 'a':
      return task === null ? only(state) : change(state, letter, task, from);
    default:
      return only(state);
  }
}

/** The hold of all tasks. It stops the work of others, so it asks. */
function holdOrRelease(state: State, from: Base): Step {
  if (state.frame?.hold != null) return { state, effects: [{ kind: 'release' }] };
  const question = 'Hold the queue? No task starts until it is released.';
  return only({ ...state, mode: { kind: 'confirm', question, effect: { kind: 'hold' }, from } });
}

type ChangeLetter = 'p' | 'k' | '+' | '=' | '-' | 'a';

function change(state: State, letter: ChangeLetter, task: LiveTask, from: Base): Step {
  if (task.ended_at !== null) return only(refused(state, `${task.name} has ended`));
  switch (letter) {
    case 'k': {
      const effect: Effect = { kind: 'change', verb: 'kill', task, body: {} };
      return only({
        ...state,
        mode: {
          kind: 'confirm',
          question: `Kill ${cutMiddle(task.name, NAME_COLUMNS, state.glyphs.cut)}?`,
          effect,
          from,
        },
      });
    }
    case 'p': {
      if (task.status === 'pending') return only(refused(state, `${task.name} has not started`));
      const verb = task.status === 'paused' ? 'resume' : 'pause';
      return { state, effects: [{ kind: 'change', verb, task, body: {} }] };
    }
    case 'a':
      return only({
        ...state,
        mode: { kind: 'adjust', task, line: { ...EMPTY_LINE, before: adjustText(task) }, from },
      });
    case '+':
    case '=':
      return { state, effects: [priority(task, 1)] };
    case '-':
      return { state, effects: [priority(task, -1)] };
  }
}

function priority(task: LiveTask, by: number): Effect {
  return { kind: 'change', verb: 'adjust', task, body: { priority: task.priority + by } };
}

function refused(state: State, text: string): State {
  return { ...state, message: { text, isError: true } };
}

function opened(state: State): Step {
  const task = selectedTask(state);
  if (task === null) return only(state);
  const detail = { task, whole: null, events: [], log: [], partial: '', scroll: 0 };
  return { state: { ...state, mode: { kind: 'detail' }, detail }, effects: [{ kind: 'open', task }] };
}

function inFilter(state: State, mode: Mode & { kind: 'filter' }, key: Key): State {
  switch (key.name) {
    case 'enter':
      return { ...state, mode: { kind: 'list' } };
    case 'escape':
      return selectedAnew({ ...state, mode: { kind: 'list' }, filter: mode.old });
    default: {
      const line = edited(mode.line, key);
      return selectedAnew({ ...state, mode: { ...mode, line }, filter: textOf(line) });
    }
  }
}

function inConfirm(state: State, mode: Mode & { kind: 'confirm' }, key: Key): Step {
  const back = { ...state, mode: { kind: mode.from } };
  const isYes = key.name === 'text' && /^y$/i.test(key.text);
  return { state: back, effects: isYes ? [mode.effect] : [] };
}

function inAdjust(state: State, mode: Mode & { kind: 'adjust' }, key: Key): Step {
  if (key.name === 'escape') return only({ ...state, mode: { kind: mode.from } });
  if (key.name !== 'enter') return only({ ...state, mode: { ...mode, line: edited(mode.line, key) } });
  try {
    const body = bodyFromFlags('adjust', readAdjust(textOf(mode.line), mode.task));
    const back = { ...state, mode: { kind: mode.from } };
    if (Object.keys(body).length === 0) return only(back);
    return { state: back, effects: [{ kind: 'change', verb: 'adjust', task: mode.task, body }] };
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    return only(refused(state, error.message));
  }
}

function selectedAnew(state: State): State {
  return { ...state, selectedId: keptSelection(state) };
}

function moved(state: State, by: number): State {
  const tasks = selectable(state);
  const at = tasks.findIndex(({ id }) => id === state.selectedId);
  const next = Math.min(tasks.length - 1, Math.max(0, at + by));
  return { ...state, selectedId: tasks[next]?.id ?? null };
}

/** The first task of the next section that has one. */
function nextSection(state: State): State {
  const tasks = selectable(state);
  const sectionOf = (task: LiveTask | undefined) =>
    task === undefined
      ? null
      : task.ended_at !== null
        ? 'ended'
        : task.status === 'pending'
          ? 'pending'
          : 'running';
  const at = tasks.findIndex(({ id }) => id === state.selectedId);
  const own = sectionOf(tasks[at]);
  const next = tasks.slice(at + 1).find((task) => sectionOf(task) !== own) ?? tasks[0];
  return { ...state, selectedId: next?.id ?? null };
}

function scrolled(state: State, by: number): State {
  const { detail } = state;
  if (detail === null) return state;
  const scroll = Math.min(Math.max(0, detail.log.length - 1), Math.max(0, detail.scroll + by));
  return { ...state, detail: { ...detail, scroll } };
}

function pageOf({ rows }: Size): number {
  return Math.max(1, Math.floor(rows / 2));
}
