// Copies the skill into a skills directory and removes only the files that it copied.
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import { makeDirectories } from '../make-directories.ts';

/** Records the installed files: SHA-256 by path. A hidden file, so that agents do not read it. */
const MANIFEST = '.babysit-skill.json';

/** outdated: the files of another version of babysit. modified: edited since the installation. */
export type SkillState = 'absent' | 'current' | 'outdated' | 'modified';

export interface SkillStatus {
  readonly state: SkillState;
  /** Files that were edited since the installation. */
  readonly modified: readonly string[];
}

type Manifest = Readonly<Record<string, string>>;

/** Returns whether it changed a file. Throws BabysitError usage rather than overwrite edits without `force`. */
export function installSkill(source: string, target: string, force: boolean): boolean {
  const { state, modified } = skillStatus(source, target);
  if (state === 'current') return false;
  if (modified.length > 0 && !force)
    throw new BabysitError('usage', `${target}: ${modified.join(', ')} was edited and is not overwritten`, {
      modified,
      hint: 'Move your edits to another place, or run it again with --force to discard them.',
    });
  const files = filesBelow(source);
  for (const stale of Object.keys(readManifest(target)).filter((file) => !files.includes(file)))
    rmSync(join(target, stale), { force: true });
  for (const file of files) {
    makeDirectories(dirname(join(target, file)));
    copyFileSync(join(source, file), join(target, file));
  }
  writeFileSync(join(target, MANIFEST), `${JSON.stringify(hashes(source, files), null, 2)}\n`);
  return true;
}

/** Removes the installed files. Keeps edited files and returns their names. */
export function uninstallSkill(
  source: string,
  target: string,
): { isChanged: boolean; kept: readonly string[] } {
  const { state, modified } = skillStatus(source, target);
  if (state === 'absent') return { isChanged: false, kept: [] };
  const files = Object.keys(readManifest(target));
  for (const file of [...files.filter((name) => !modified.includes(name)), MANIFEST])
    rmSync(join(target, file), { force: true });
  const dirs = new Set([target, ...files.map((file) => dirname(join(target, file)))]);
  // The deepest directory first.
  for (const dir of [...dirs].sort().reverse()) removeIfEmpty(dir);
  return { isChanged: true, kept: modified };
}

export function skillStatus(source: string, target: string): SkillStatus {
  const manifest = readManifest(target);
  const installed = Object.keys(manifest);
  const present = filesBelow(source).filter((file) => hashOf(join(target, file)) !== null);
  if (installed.length === 0 && present.length === 0) return { state: 'absent', modified: [] };
  // Without a manifest present files count as edited.
  const modified = [...new Set([...installed, ...present])].filter((file) => {
    const hash = hashOf(join(target, file));
    return hash !== null && hash !== manifest[file];
  });
  if (modified.length > 0) return { state: 'modified', modified };
  const wanted = hashes(source, filesBelow(source));
  const files = new Set([...Object.keys(wanted), ...installed]);
  const isCurrent = [...files].every((file) => wanted[file] === hashOf(join(target, file)));
  return { state: isCurrent ? 'current' : 'outdated', modified: [] };
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}

function hashes(dir: string, files: readonly string[]): Manifest {
  return Object.fromEntries(files.map((file) => [file, hashOf(join(dir, file)) ?? '']));
}

/** Returns null for a missing file. */
function hashOf(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function readManifest(target: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(target, MANIFEST), 'utf8'));
    const isOurs = (entry: [string, unknown]) =>
      typeof entry[1] === 'string' && !entry[0].split('/').includes('..');
    return Object.fromEntries(Object.entries(manifest ?? {}).filter(isOurs));
  } catch {
    return {};
  }
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It has other files, or it no longer exists.
  }
}
