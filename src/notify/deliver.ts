// Delivers one message: by a command, a webhook, a notice on the desktop, the bell of a terminal, or a prompt for an agent.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { wakeText } from '../core/answers/wake-text.ts';
import type { NotifyAction } from '../core/notify.ts';
import { readRegular } from '../files/regular-file.ts';
import { startTurn } from './codex.ts';
import type { Message } from './message.ts';

export interface Receiver {
  readonly action: NotifyAction;
  /** Environment and directory of a command. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface DeliverDeps {
  readonly bash: string;
  /** BABYSIT_HOME, so that a command reaches this daemon. */
  readonly home: string;
  /** Of the database: makes the ids of messages unique over daemons. */
  readonly identity: string;
  /** Of babysit. */
  readonly version: string;
}

/** A command that runs longer is killed, and a request that takes longer is given up. Both count as failed. */
const LIMIT_MS = 30_000;
const ERROR_MAX_CHARS = 300;

/** Rejects with an Error that says why the message was not delivered. */
export async function deliver(
  deps: DeliverDeps,
  { action, env, cwd }: Receiver,
  message: Message,
): Promise<void> {
  switch (action.kind) {
    case 'command': {
      const values = { ...env, ...variablesOf(message), BABYSIT_HOME: deps.home };
      return runProgram([deps.bash, '-c', action.line], { env: values, cwd, input: JSON.stringify(message) });
    }
    case 'webhook':
      return post(deps, action, message);
    case 'desktop':
      return runProgram(noticeOf(message), { env: desktopEnv(env), cwd: '/', input: '' });
    case 'bell':
      return ring(action.terminal);
    case 'codex': {
      const token = action.secretFile === null ? null : readSecret(action.secretFile);
      const thread = action.session ?? String(message.owner);
      const limit = AbortSignal.timeout(LIMIT_MS);
      return startTurn({ endpoint: action.endpoint, token, thread }, wakeText(message), deps.version, limit);
    }
    case 'opencode':
      return prompt(action, action.session ?? String(message.owner), message);
  }
}

/** `kill_reason` -> `BABYSIT_KILL_REASON`; a value that is null is not set. */
function variablesOf(message: Message): Record<string, string> {
  const given = Object.entries(message).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [`BABYSIT_${key.toUpperCase()}`, String(value)]));
}

interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly input: string;
}

function runProgram(
  [file = '', ...args]: readonly string[],
  { env, cwd, input }: ProgramOptions,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(file, args, {
    env,
    cwd: existsSync(cwd) ? cwd : '/',
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  child.once('error', reject);
  // Without a free descriptor the child has no streams.
  if (child.pid === undefined) return promise;
  let said = '';
  const fail = (how: string): void => {
    reject(new Error([how, said.trim()].filter((part) => part !== '').join(': ')));
  };
  const timer = setTimeout(() => {
    abandon(child);
    fail(`took longer than ${LIMIT_MS / 1000} s`);
  }, LIMIT_MS);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, ERROR_MAX_CHARS);
  });
  // A command need not read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  child.once('exit', (code, signal) => {
    // What the command has started in the background may keep the pipe open.
    child.stderr.destroy();
    if (code === 0) resolve();
    else fail(`ended with ${signal ?? `exit code ${code}`}`);
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Not waited for: a process in uninterruptible sleep stays after SIGKILL. */
function abandon(child: ChildProcess): void {
  // `detached` made the child the leader of a process group.
  if (child.pid !== undefined)
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended since.
    }
  for (const stream of child.stdio) stream?.destroy();
  child.unref();
}

/** The headers are those of Standard Webhooks 1.0 (standardwebhooks.com): id, timestamp, and an HMAC-SHA256 of both and the body. */
async function post(
  { identity }: DeliverDeps,
  { url, secretFile }: NotifyAction & { readonly kind: 'webhook' },
  message: Message,
): Promise<void> {
  const body = JSON.stringify(message);
  const id = `${identity}-${message.seq}`;
  const timestamp = String(Math.floor(Date.parse(String(message.at)) / 1000));
  const signed =
    secretFile === null ? {} : { 'webhook-signature': sign(secretFile, `${id}.${timestamp}.${body}`) };
  await postJson(url, body, {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...signed,
  });
}

/** https://opencode.ai/docs/server: the server answers before the model does. */
function prompt(
  { url, secretFile }: NotifyAction & { readonly kind: 'opencode' },
  session: string,
  message: Message,
): Promise<void> {
  const place = new URL(url);
  place.pathname = `${place.pathname.replace(/\/$/, '')}/session/${encodeURIComponent(session)}/prompt_async`;
  const login =
    secretFile === null ? null : Buffer.from(`opencode:${readSecret(secretFile)}`).toString('base64');
  const body = JSON.stringify({ parts: [{ type: 'text', text: wakeText(message) }] });
  return postJson(place, body, login === null ? {} : { authorization: `Basic ${login}` });
}

async function postJson(url: string | URL, body: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(LIMIT_MS),
  }).catch((error: Error & { cause?: Error }) => {
    throw new Error(error.cause?.message || error.message);
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the receiver answered with HTTP status ${response.status}`);
}

function readSecret(file: string): string {
  return readRegular(file, 'utf8').trim();
}

/** A secret in base64 may have the prefix `whsec_`. */
function sign(secretFile: string, text: string): string {
  const secret = readSecret(secretFile).replace(/^whsec_/, '');
  return `v1,${createHmac('sha256', Buffer.from(secret, 'base64')).update(text).digest('base64')}`;
}

function noticeOf({ event, name, status, hint, project }: Message): string[] {
  const title = `babysit: ${name} ${status ?? event}`;
  const text = String(hint ?? project);
  if (process.platform !== 'darwin') return ['notify-send', '--app-name=babysit', '--', title, text];
  const script = [
    'on run argv',
    'display notification (item 2 of argv) with title (item 1 of argv)',
    'end run',
  ];
  return ['osascript', ...script.flatMap((line) => ['-e', line]), title, text];
}

/** The bus of the user's session, which a daemon that outlives its login has no variable for. */
function desktopEnv(env: Receiver['env']): NodeJS.ProcessEnv {
  const bus = `/run/user/${process.getuid?.()}/bus`;
  return env.DBUS_SESSION_BUS_ADDRESS === undefined && existsSync(bus)
    ? { ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}`, XDG_RUNTIME_DIR: dirname(bus) }
    : { ...env };
}

async function ring(terminal: string): Promise<void> {
  const fd = openSync(terminal, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isCharacterDevice()) throw new Error(`${terminal} is no terminal`);
    writeSync(fd, '\x07');
  } finally {
    closeSync(fd);
  }
}
