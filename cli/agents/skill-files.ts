// Copies the skill into a skills directory, knows later what it put there, and removes only that.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';

/** Says what was installed: SHA-256 by path. Hidden from whoever reads the skill. */
const MANIFEST = '.babysit-skill.json';

/** absent, current, outdated: as an older or newer babysit has it, modified: edited by somebody since. */
export type SkillState = 'absent' | 'current' | 'outdated' | 'modified';

export interface SkillStatus {
  readonly state: SkillState;
  /** Files that are not as they were installed. */
  readonly modified: readonly string[];
}

type Manifest = Readonly<Record<string, string>>;

/** Throws BabysitError usage where it would overwrite somebody's edits without `force`. */
export function installSkill(source: string, target: string, force: boolean): boolean {
  const { state, modified } = skillStatus(source, target);
  if (state === 'current') return false;
  if (modified.length > 0 && !force)
    throw new BabysitError('usage', `${target}: ${modified.join(', ')} was edited and is left as it is`, {
      modified,
      hint: 'Move your edits elsewhere, or run it again with --force to lose them.',
    });
  const files = filesBelow(source);
  for (const stale of Object.keys(readManifest(target)).filter((file) => !files.includes(file)))
    rmSync(join(target, stale), { force: true });
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    copyFileSync(join(source, file), join(target, file));
  }
  writeFileSync(join(target, MANIFEST), `${JSON.stringify(hashes(source, files), null, 2)}\n`);
  return true;
}

/** Removes what was installed, but for edited files; their names are in the result. */
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
  // The deepest first.
  for (const dir of [...dirs].sort().reverse()) removeIfEmpty(dir);
  return { isChanged: true, kept: modified };
}

export function skillStatus(source: string, target: string): SkillStatus {
  const manifest = readManifest(target);
  const installed = Object.keys(manifest);
  const present = filesBelow(source).filter((file) => hashOf(join(target, file)) !== null);
  if (installed.length === 0 && present.length === 0) return { state: 'absent', modified: [] };
  // Without a manifest nothing says that what is there is ours.
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

/** Null: it is not there. */
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
    // Somebody else's files are in it, or it is gone.
  }
}
