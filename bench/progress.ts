// Shows progress on a terminal: one line on stderr that the next one overwrites.

const CELLS = 30;

/** Shows `text` in place of the last one. Does nothing unless stderr is a terminal. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

export function progressBar(what: string, done: number, of: number): string {
  const part = of === 0 ? 1 : done / of;
  const filled = Math.floor(part * CELLS);
  return `${'#'.repeat(filled)}${'-'.repeat(CELLS - filled)} ${Math.floor(part * 100)} % ${what}`;
}
