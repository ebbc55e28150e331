// The file with the address and the token of the dashboard that runs, and the page that leads a browser there.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Home } from '../../src/config/home.ts';
import { readRegular } from '../../src/files/regular-file.ts';
import { isJsonObject, parseJson } from '../../src/text/json.ts';

export interface DashboardSession {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

type Files = Pick<Home, 'dashboard' | 'dashboardPage'>;

export function addressOf({ port, token }: Pick<DashboardSession, 'port' | 'token'>): string {
  return `http://127.0.0.1:${port}/#token=${token}`;
}

/**
 * The second file is for --open: the address in the arguments of a browser would show the token to every user of the
 * host. A browser keeps the fragment of a refresh.
 */
export function writeSession({ dashboard, dashboardPage }: Files, session: DashboardSession): void {
  writePrivate(dashboard, `${JSON.stringify({ ...session, url: addressOf(session) })}\n`);
  const refresh = `<meta http-equiv="refresh" content="0; url=${addressOf(session)}">`;
  writePrivate(dashboardPage, `<!doctype html><meta charset="utf-8">${refresh}<title>babysit</title>\n`);
}

function writePrivate(path: string, text: string): void {
  const half = `${path}.${process.pid}`;
  writeFileSync(half, text, { mode: 0o600 });
  renameSync(half, path);
}

/** Null: no file, or not one of ours. */
export function readSession({ dashboard }: Files): DashboardSession | null {
  let text: string;
  try {
    text = readRegular(dashboard, 'utf8');
  } catch {
    return null;
  }
  const { value } = parseJson(text);
  if (!isJsonObject(value)) return null;
  const { pid, port, token } = value;
  return typeof pid === 'number' && typeof port === 'number' && typeof token === 'string'
    ? { pid, port, token }
    : null;
}

/** Keeps the files of a later dashboard. */
export function removeSession(files: Files, token: string): void {
  if (readSession(files)?.token !== token) return;
  for (const path of [files.dashboard, files.dashboardPage]) rmSync(path, { force: true });
}
