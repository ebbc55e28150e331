// Requests to the dashboard's server: answers, changes, and streams.
import { authorization } from './token.ts';

/** An answer that is not a success, with the texts of the daemon. */
export class RequestError extends Error {
  readonly status: number;
  readonly hint: string;
  constructor(status: number, message: string, hint: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await sent(path, { ...(signal ? { signal } : {}) });
  return (await response.json()) as T;
}

export async function change<T>(method: 'POST' | 'DELETE', path: string, body: object = {}): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const content = method === 'POST' ? { headers, body: JSON.stringify(body) } : {};
  const response = await sent(path, { method, ...content });
  return (await response.json()) as T;
}

/** Calls `onText` for each piece of the answer until its end. */
export async function readStream(
  path: string,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await sent(path, { signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) return;
    onText(piece.value);
  }
}

async function sent(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, {
    ...init,
    headers: { ...authorization(), ...init.headers },
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as {
    detail?: string;
    title?: string;
    hint?: string;
    error?: string;
  };
  const what = problem.detail || problem.title || `The server answered ${response.status}.`;
  // The hint of a usage error is about flags of the command line.
  throw new RequestError(response.status, what, problem.error === 'usage' ? '' : (problem.hint ?? ''));
}
