// Finds, adds and removes babysit's hooks in the text of a settings.json of Claude Code.
import { isJsonObject } from '../../src/text/json.ts';
import { append, type JsonPath, parseJsonText, remove, replace } from './json-text.ts';

export interface Hook {
  readonly event: 'PreToolUse' | 'SessionStart' | 'Stop';
  /** The name of a file in hooks/. */
  readonly script: string;
  readonly matcher?: string;
  readonly timeoutS: number;
}

export interface InstalledHook {
  readonly hook: Hook;
  /** The shell line in the settings. */
  readonly command: string;
  /** The path of its entry from the root. */
  readonly path: JsonPath;
  /** The only hook of its matcher. */
  readonly isAlone: boolean;
}

export const HOOKS: readonly Hook[] = [
  { event: 'PreToolUse', script: 'no-sleep-babysit.sh', matcher: 'Bash|Monitor', timeoutS: 5 },
  { event: 'SessionStart', script: 'babysit-session-start.sh', timeoutS: 10 },
  { event: 'Stop', script: 'babysit-stop.sh', timeoutS: 10 },
];

/** The settings are JSON, but not of the shape that Claude Code expects. */
export class SettingsShapeError extends Error {}

/** Finds every hook of babysit, of any installation. Throws JsonSyntaxError, SettingsShapeError. */
export function findHooks(text: string): InstalledHook[] {
  const hooks = objectIn(objectIn(parseJsonText(text), 'the settings').hooks ?? {}, '"hooks"');
  return HOOKS.flatMap((hook) =>
    arrayIn(hooks[hook.event] ?? [], `"${hook.event}"`).flatMap((group, i) => {
      const entries = arrayIn(objectIn(group, `an entry of "${hook.event}"`).hooks ?? [], 'its "hooks"');
      return entries.flatMap((entry, j) => {
        const { command } = objectIn(entry, `a hook of "${hook.event}"`);
        if (typeof command !== 'string' || !runs(command, hook.script)) return [];
        return [{ hook, command, path: ['hooks', hook.event, i, 'hooks', j], isAlone: entries.length === 1 }];
      });
    }),
  );
}

/** Returns the text with each of `hooks` once; `commandOf` returns the command for a script. */
export function withHooks(
  text: string,
  hooks: readonly Hook[],
  commandOf: (script: string) => string,
): string {
  return hooks.reduce((edited, hook) => withHook(edited, hook, commandOf(hook.script)), text);
}

/** Returns the text without hooks of babysit and without the containers that this empties. */
export function withoutHooks(text: string): string {
  let edited = text;
  // The last one first: a removal shifts the paths after it.
  for (const installed of findHooks(text).reverse()) edited = remove(edited, emptied(edited, installed));
  return edited;
}

function withHook(text: string, hook: Hook, command: string): string {
  const installed = findHooks(text).find(({ hook: { script } }) => script === hook.script);
  if (installed !== undefined)
    return installed.command === command ? text : replace(text, [...installed.path, 'command'], command);
  const { event, matcher, timeoutS } = hook;
  const group = {
    ...(matcher === undefined ? {} : { matcher }),
    hooks: [{ type: 'command', command, timeout: timeoutS }],
  };
  const settings = objectIn(parseJsonText(text), 'the settings');
  if (settings.hooks === undefined) return append(text, [], { [event]: [group] }, 'hooks');
  if (objectIn(settings.hooks, '"hooks"')[event] === undefined)
    return append(text, ['hooks'], [group], event);
  return append(text, ['hooks', event], group);
}

/** The path of the outermost value that is empty without the hook. */
function emptied(text: string, { path, isAlone, hook }: InstalledHook): JsonPath {
  if (!isAlone) return path;
  const hooks = objectIn(objectIn(parseJsonText(text), 'the settings').hooks, '"hooks"');
  if (arrayIn(hooks[hook.event], `"${hook.event}"`).length > 1) return path.slice(0, 3);
  return Object.keys(hooks).length > 1 ? path.slice(0, 2) : path.slice(0, 1);
}

function runs(command: string, script: string): boolean {
  return new RegExp(`(?:^|[/'" ])${script.replaceAll('.', '\\.')}['"]?\\s*$`).test(command);
}

function objectIn(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isJsonObject(value)) return value;
  throw new SettingsShapeError(`${what} must be an object`);
}

function arrayIn(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new SettingsShapeError(`${what} must be an array`);
}
