// The version of babysit: a constant of the build, or read from package.json when it runs from the sources.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

declare const BABYSIT_VERSION: string | undefined;

export function version(): string {
  if (typeof BABYSIT_VERSION === 'string') return BABYSIT_VERSION;
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
