// Adds hooks to a settings file and removes them, atomically and with a backup. Refuses a file that it cannot parse.
import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { realPath } from '../../src/config/home.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { readRegularBytes } from '../../src/files/regular-file.ts';
import { makeDirectories } from '../make-directories.ts';
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
  /** The copy of the file from before the first installation, or null. */
  readonly backup: string | null;
}

export function backupOf(file: string): string {
  return `${file}.before-babysit`;
}

export function installHooks(
  file: string,
  hooks: readonly Hook[],
  commandOf: (script: string) => string,
): Change {
  const text = readSettings(file);
  const edited = parsed(file, () => withHooks(text ?? NEW_FILE, hooks, commandOf));
  const isFirst = text !== null && parsed(file, () => findHooks(text)).length === 0;
  if (isFirst) writeFileSync(backupOf(file), readFileSync(file), { mode: statSync(file).mode & 0o777 });
  if (edited !== text) writeSettings(file, edited);
  return { isChanged: edited !== text, backup: existsSync(backupOf(file)) ? backupOf(file) : null };
}

/** Restores the file byte for byte if nothing else in it has changed since the installation. */
export function uninstallHooks(file: string): Change {
  const text = readSettings(file);
  const installed = text === null ? [] : parsed(file, () => findHooks(text));
  if (text === null || installed.length === 0) return { isChanged: false, backup: null };
  const again = (before: string) => parsed(file, () => reinstall(before, installed));
  const backup = backupOf(file);
  const before = existsSync(backup) ? readSettings(backup) : null;
  if (before === null && text === again(NEW_FILE)) rmSync(linkTarget(file));
  else if (before !== null && text === again(before)) {
    writeSettings(file, before);
    rmSync(backup);
  } else
    writeSettings(
      file,
      parsed(file, () => withoutHooks(text)),
    );
  return { isChanged: true, backup: existsSync(backup) ? backup : null };
}

export function installedHooks(file: string): InstalledHook[] {
  const text = readSettings(file);
  return text === null ? [] : parsed(file, () => findHooks(text));
}

function reinstall(before: string, installed: readonly InstalledHook[]): string {
  const commandOf = (script: string) => installed.find(({ hook }) => hook.script === script)?.command ?? '';
  return withHooks(
    before,
    installed.map(({ hook }) => hook),
    commandOf,
  );
}

/** Returns the text without its byte order mark, or null without a file. Throws when it is not UTF-8. */
function readSettings(file: string): string | null {
  let bytes: Buffer;
  try {
    bytes = readRegularBytes(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw refused(file, (error as Error).message);
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw refused(file, 'it is not UTF-8');
  return text.startsWith(BOM) ? text.slice(1) : text;
}

/** Follows links and replaces the file atomically. */
function writeSettings(file: string, text: string): void {
  const target = linkTarget(file);
  makeDirectories(dirname(target));
  const old = existsSync(target) ? readFileSync(target) : null;
  const mark = old?.subarray(0, 3).toString('utf8') === BOM ? BOM : '';
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, mark + text, old === null ? {} : { mode: statSync(target).mode & 0o777 });
  renameSync(temporary, target);
}

/** The file that links lead to, which may not exist yet. Call after readSettings, which fails at a cycle of links. */
function linkTarget(file: string): string {
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return file;
  // A relative link starts at the real directory, which a link may lead to.
  return linkTarget(resolve(realPath(dirname(file)), readlinkSync(file)));
}

function parsed<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw refused(file, `invalid JSON: ${error.message}`);
    if (error instanceof SettingsShapeError) throw refused(file, error.message);
    throw error;
  }
}

function refused(file: string, why: string): BabysitError {
  return new BabysitError('usage', `cannot change ${file}: ${why}`, {
    file,
    hint: 'Fix the file, then run the command again.',
  });
}
