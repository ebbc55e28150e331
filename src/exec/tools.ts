// Finds the programs an attempt is started with, once, by absolute path.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from './launch-script.ts';

const PLACES = ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin', '/run/current-system/sw/bin'];

/** Throws naming the first program that is missing. */
export function findTools(places: readonly string[] = PLACES): Tools {
  const need = (name: string): string => {
    for (const place of places) if (isExecutable(join(place, name))) return join(place, name);
    throw new Error(`${name} is missing; looked in ${places.join(', ')}. Install it and try again.`);
  };
  return {
    cat: need('cat'),
    env: need('env'),
    nice: need('nice'),
    bash: need('bash'),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
