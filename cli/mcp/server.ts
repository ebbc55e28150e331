// The MCP server: serves the tools over stdio, with the API's errors and with the inbox after every answer.
import {
  CLIENT_CAPABILITIES_META_KEY,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { z } from 'zod';
import { check } from '../../src/api/schemas/check.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { inboxEventView, reportSeen, seqByTask, takeInbox } from '../client/inbox.ts';
import { errorView } from '../output/output.ts';
import { version } from '../version.ts';
import { CHANNEL_CAPABILITY, Channel, serveChannel } from './channel.ts';
import type { Caller, Outcome, Tool, ToolRequest } from './tool.ts';
import { TOOLS } from './tools.ts';
import { DEFAULT_LIMIT_MS, WaitLimit } from './wait-limit.ts';
import { BY_TASK_ID, readHandle, stateOf, TASKS_EXTENSION } from './wait-task.ts';

const INSTRUCTIONS = `babysit runs long, heavy or unattended commands within the capacity of the host and reports how they end.
Call run with honest estimates, then wait. When wait answers "running", call it again with its "resume". Never poll status or log in a loop.
"completed" means exit code 0, not success: check the log. "inbox" after an answer lists new events of your tasks. Each event is shown once.`;
const CHANNEL =
  'Messages of the channel say that one of your tasks has ended or needs attention, with the command to run next. They need no reply.';

export type ServeOptions = Omit<Caller, 'channel'> & { readonly channel: boolean };

/** Resolves when the client closes the connection. */
export function serveMcp(options: ServeOptions): Promise<void> {
  const channel = options.channel ? new Channel() : null;
  const caller = { ...options, channel };
  if (channel !== null) void serveWithChannel(caller, channel);
  else serveStdio(({ era }) => buildServer(caller, era), { onerror: answerInvalid });
  return new Promise((resolve) => {
    process.stdin
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    process.stdout.once('error', () => resolve());
  });
}

/** Without the protocol of 2026-07-28, in which a server cannot send a message of its own. */
async function serveWithChannel(caller: Caller, channel: Channel): Promise<void> {
  const { server } = buildServer(caller, 'legacy');
  const transport = new StdioServerTransport();
  server.onerror = answerInvalid;
  server.oninitialized = () => {
    serveChannel(caller, channel, (message) => server.notification(message)).catch((error: unknown) =>
      process.stderr.write(`babysit: the channel has ended: ${String(error)}\n`),
    );
  };
  await server.connect(transport);
}

/** JSON-RPC 2.0, 5.1: a frame that is not a request gets an error with the id null. The SDK drops it without an answer. */
function answerInvalid({ name }: Error): void {
  if (name !== 'ZodError' && name !== '$ZodError') return;
  const error = { code: -32600, message: 'Invalid Request: not a JSON-RPC 2.0 message' };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: null, error })}\n`);
}

function buildServer(caller: Caller, era: 'legacy' | 'modern'): McpServer {
  const capabilities = {
    ...(era === 'modern' ? { extensions: { [TASKS_EXTENSION]: {} } } : {}),
    ...(caller.channel ? { experimental: { [CHANNEL_CAPABILITY]: {} } } : {}),
  };
  const instructions = caller.channel ? `${INSTRUCTIONS}\n${CHANNEL}` : INSTRUCTIONS;
  const server = new McpServer({ name: 'babysit', version: version() }, { instructions, capabilities });
  const waitLimit = new WaitLimit(caller.waitLimitMs);
  for (const [name, tool] of Object.entries(TOOLS)) {
    const { description, input, output, isReadOnly } = tool;
    const annotations = {
      readOnlyHint: isReadOnly,
      destructiveHint: name === 'kill',
      openWorldHint: name === 'run',
    };
    server.registerTool(
      name,
      { description, inputSchema: advertised(input), outputSchema: output, annotations },
      async (args, ctx) => {
        const { signal, _meta, notify } = ctx.mcpReq;
        const progressToken = _meta?.progressToken;
        const report: ToolRequest['report'] =
          progressToken === undefined
            ? null
            : (progress) =>
                void notify({
                  method: 'notifications/progress',
                  params: { progressToken, ...progress },
                }).catch(() => {});
        const client = server.server.getClientVersion()?.name;
        const waitLimitMs = waitLimit.of(client, progressToken !== undefined);
        const startedAt = performance.now();
        signal.addEventListener('abort', () => waitLimit.canceledAfter(performance.now() - startedAt));
        const takesTask = declaresTasks(ctx);
        return answer(caller, tool, args, { waitLimitMs, signal, report, takesTask });
      },
    );
  }
  if (era === 'modern') serveTasks(server, caller);
  return server;
}

/** See wait-task.ts. */
function serveTasks({ server }: McpServer, caller: Caller): void {
  const requireTasks = (ctx: ServerContext): void => {
    if (declaresTasks(ctx)) return;
    const requiredCapabilities = { extensions: { [TASKS_EXTENSION]: {} } };
    throw new ProtocolError(MISSING_CAPABILITY, 'Missing required client capability', {
      requiredCapabilities,
    });
  };
  const find = (taskId: string) => {
    const wait = readHandle(taskId);
    if (wait === null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Task not found');
    return wait;
  };
  server.setRequestHandler('tasks/get', { params: BY_TASK_ID }, async ({ taskId }, ctx) => {
    requireTasks(ctx);
    const wait = find(taskId);
    // biome-ignore lint/plugin/no-wall-clock: a time for the client
    const nowMs = Date.now();
    try {
      const state = await stateOf(caller.session, wait, taskId, wait.createdMs, nowMs);
      if (state !== null) return { ...state };
    } catch (error) {
      if (!(error instanceof BabysitError)) throw error;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Failed to retrieve task: ${error.message}`);
    }
    const request = {
      waitLimitMs: DEFAULT_LIMIT_MS,
      signal: ctx.mcpReq.signal,
      report: null,
      takesTask: false,
    };
    const resume = Object.fromEntries(wait.from);
    return {
      taskId,
      status: 'completed',
      createdAt: new Date(wait.createdMs).toISOString(),
      lastUpdatedAt: new Date(nowMs).toISOString(),
      ttlMs: null,
      result: await answer(caller, TOOLS.wait as Tool, { resume, any: wait.any }, request),
    };
  });
  // The client stops its wait. The tasks that it waited for keep running: the tool kill ends them.
  for (const method of ['tasks/cancel', 'tasks/update'])
    server.setRequestHandler(method, { params: BY_TASK_ID }, ({ taskId }, ctx) => {
      requireTasks(ctx);
      find(taskId);
      return {};
    });
}

/** Of the extension: MISSING_REQUIRED_CLIENT_CAPABILITY. */
const MISSING_CAPABILITY = -32021;

function declaresTasks({ mcpReq: { envelope } }: ServerContext): boolean {
  const capabilities = (envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  const { extensions } = (capabilities ?? {}) as { readonly extensions?: Record<string, unknown> };
  return extensions?.[TASKS_EXTENSION] !== undefined;
}

/** The schema for clients, without its check: the tool checks the input and reports problems like the API. */
function advertised(input: z.ZodObject): StandardSchemaWithJSON<unknown> {
  const standard = input['~standard'];
  return {
    '~standard': { ...standard, validate: (value) => ({ value }) },
  } as StandardSchemaWithJSON<unknown>;
}

async function answer(caller: Caller, tool: Tool, args: unknown, request: Omit<ToolRequest, 'covers'>) {
  const { channel } = caller;
  const covered = new Set<string>();
  const covers = (id: string): void => {
    if (!covered.has(id)) channel?.cover(id);
    covered.add(id);
  };
  try {
    const outcome = await tool.call(caller, check(tool.input, args ?? {}), { ...request, covers });
    for (const [id, seq] of outcome.shown ?? []) channel?.showed(id, seq);
    const inbox = outcome.isError ? null : await inboxAfter(caller, outcome);
    return {
      content: [text(outcome.text ?? outcome.answer), ...(inbox === null ? [] : [text(inbox)])],
      structuredContent: { ...outcome.answer, ...inbox },
      ...(outcome.task === undefined
        ? { isError: outcome.isError ?? false }
        : { resultType: 'task', ...outcome.task }),
    };
  } catch (error) {
    if (error instanceof BabysitError) return { content: [text(errorView(error))], isError: true };
    throw error;
  } finally {
    for (const id of covered) channel?.uncover(id);
  }
}

function text(value: string | object): { type: 'text'; text: string } {
  return { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** The inbox without the events of the answer. Reports both as seen after the answer has been sent. */
async function inboxAfter(
  { session, scope }: Caller,
  { shown = new Map() }: Outcome,
): Promise<object | null> {
  const page = await takeInbox(session, scope).catch(() => ({ events: [], more: 0 }));
  const seen = new Map([...shown, ...seqByTask(page)]);
  setImmediate(() => void reportSeen(session, scope, seen));
  const events = page.events.filter(({ id, seq }) => seq > (shown.get(id) ?? 0));
  if (events.length === 0) return null;
  const more = page.more === 0 ? {} : { more: page.more };
  return { inbox: events.map((event) => inboxEventView(event, false)), ...more };
}
