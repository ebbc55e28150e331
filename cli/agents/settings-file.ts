// Installs hooks into one settings file and takes them out again: atomically, with a backup, and only where it is understood.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import {
  findHooks,
  type Hook,
  type InstalledHook,
  SettingsShapeError,
  withHooks,
  withoutHooks,
} from './claude-hooks.ts';
import { JsonSyntaxError } from './json-text.ts';

const NEW_FILE = '{}\n';
const BOM = '\uFEFF';

export interface Change {
  readonly isChanged: boolean;
  /** What the file was before babysit; null where there is none. */
  readonly backup: string | null;
}

/** Beside the settings, byte for byte as they were. */
export function backupOf(file: string): string {
  return `${file}.before-babysit`;
}

export function installHooks(
  file: string,
  hooks: readonly Hook[],
  commandOf: (script: string) => string,
): Change {
  const text = readSettings(file);
  const edited = understood(file, () => withHooks(text ?? NEW_FILE, hooks, commandOf));
  const isFirst = text !== null && understood(file, () => findHooks(text)).length === 0;
  if (isFirst) writeFileSync(backupOf(file), readFileSync(file), { mode: statSync(file).mode & 0o777 });
  if (edited !== text) writeSettings(file, edited);
  return { isChanged: edited !== text, backup: existsSync(backupOf(file)) ? backupOf(file) : null };
}

/** Where nothing else has changed since the installation the file is again what it was, byte for byte. */
export function uninstallHooks(file: string): Change {
  const text = readSettings(file);
  const installed = text === null ? [] : understood(file, () => findHooks(text));
  if (text === null || installed.length === 0) return { isChanged: false, backup: null };
  const again = (before: string) => understood(file, () => reinstall(before, installed));
  const backup = backupOf(file);
  const before = existsSync(backup) ? readSettings(backup) : null;
  if (before === null && text === again(NEW_FILE)) rmSync(file);
  else if (before !== null && text === again(before)) {
    writeSettings(file, before);
    rmSync(backup);
  } else
    writeSettings(
      file,
      understood(file, () => withoutHooks(text)),
    );
  return { isChanged: true, backup: existsSync(backup) ? backup : null };
}

export function installedHooks(file: string): InstalledHook[] {
  const text = readSettings(file);
  return text === null ? [] : understood(file, () => findHooks(text));
}

function reinstall(before: string, installed: readonly InstalledHook[]): string {
  const commandOf = (script: string) => installed.find(({ hook }) => hook.script === script)?.command ?? '';
  return withHooks(
    before,
    installed.map(({ hook }) => hook),
    commandOf,
  );
}

/** Without its byte order mark; null: there is no file. Throws where it is no text. */
function readSettings(file: string): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw refused(file, (error as Error).message);
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw refused(file, 'it is not UTF-8');
  return text.startsWith(BOM) ? text.slice(1) : text;
}

/** Through links, and never half written. */
function writeSettings(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const target = existsSync(file) ? realpathSync(file) : file;
  const old = existsSync(target) ? readFileSync(target) : null;
  const mark = old?.subarray(0, 3).toString('utf8') === BOM ? BOM : '';
  const half = `${target}.${process.pid}`;
  writeFileSync(half, mark + text, old === null ? {} : { mode: statSync(target).mode & 0o777 });
  renameSync(half, target);
}

function understood<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw refused(file, `it is no JSON: ${error.message}`);
    if (error instanceof SettingsShapeError) throw refused(file, error.message);
    throw error;
  }
}

function refused(file: string, why: string): BabysitError {
  return new BabysitError('usage', `${file} is left as it is: ${why}`, {
    file,
    hint: 'Mend the file, then run the command again.',
  });
}
