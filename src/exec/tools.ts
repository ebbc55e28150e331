// Finds the programs an attempt is started with, once, by absolute path.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from './launch-script.ts';

const PLACES = ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin', '/run/current-system/sw/bin'];

/** Throws naming the first program that is missing. */
export function findTools(spawnerNice: number, places: readonly string[] = PLACES): Tools {
  const find = (name: string): string | null => {
    for (const place of places) if (isExecutable(join(place, name))) return join(place, name);
    return null;
  };
  const need = (name: string): string => {
    const path = find(name);
    if (path !== null) return path;
    throw new Error(`${name} is missing; looked in ${places.join(', ')}. Install it and try again.`);
  };
  return {
    cat: need('cat'),
    env: need('env'),
    nice: need('nice'),
    bash: need('bash'),
    spawnerNice,
    chrt: onLinux(find('chrt')),
    ionice: onLinux(find('ionice')),
    script: onLinux(find('script')),
  };
}

/** Elsewhere programs of these names take other flags. */
function onLinux(path: string | null): string | null {
  return process.platform === 'linux' ? path : null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
