// Reads the files of the page into memory, so that no request names a path on the disk.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** By the path of the request. */
export type Assets = Readonly<Record<string, { readonly type: string; readonly body: Buffer }>>;

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

export function readAssets(dir: string): Assets {
  return Object.fromEntries(
    Object.entries(FILES).map(([path, [name, type]]) => [
      path,
      { type, body: readFileSync(join(dir, name)) },
    ]),
  );
}
