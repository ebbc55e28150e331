// How far a replay is, on a terminal: one line that overwrites itself.

const CELLS = 30;

/** Does nothing where stderr is no terminal. `done` of null takes the line away. */
export function showProgress(what: string, done: number | null, of: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(done === null ? '\r\x1b[K' : `\r\x1b[K${progressLine(what, done, of)}`);
}

export function progressLine(what: string, done: number, of: number): string {
  const part = of === 0 ? 1 : done / of;
  const filled = Math.floor(part * CELLS);
  return `${'#'.repeat(filled)}${'-'.repeat(CELLS - filled)} ${Math.floor(part * 100)} % ${what}`;
}
