// The MCP server: serves the tools over stdio, with the API's errors and with the inbox after every answer.
import { McpServer, type StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { z } from 'zod';
import { check } from '../../src/api/schemas/check.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { inboxEventView, reportSeen, seqByTask, takeInbox } from '../client/inbox.ts';
import { errorView } from '../output/output.ts';
import { version } from '../version.ts';
import type { Caller, Outcome, Tool, ToolRequest } from './tool.ts';
import { TOOLS } from './tools.ts';
import { WaitLimit } from './wait-limit.ts';

const INSTRUCTIONS = `babysit runs long, heavy or unattended commands within the capacity of the host and reports how they end.
Call run with honest estimates, then wait. When wait answers "running", call it again with its "resume". Never poll status or log in a loop.
"completed" means exit code 0, not success: check the log. "inbox" after an answer lists new events of your tasks. Each event is shown once.`;

/** Resolves when the client closes the connection. */
export function serveMcp(caller: Caller): Promise<void> {
  serveStdio(() => buildServer(caller), { onerror: answerInvalid });
  return new Promise((resolve) => {
    process.stdin
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    process.stdout.once('error', () => resolve());
  });
}

/** JSON-RPC 2.0, 5.1: a frame that is not a request gets an error with the id null. The SDK drops it without an answer. */
function answerInvalid({ name }: Error): void {
  if (name !== 'ZodError' && name !== '$ZodError') return;
  const error = { code: -32600, message: 'Invalid Request: not a JSON-RPC 2.0 message' };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: null, error })}\n`);
}

function buildServer(caller: Caller): McpServer {
  const server = new McpServer({ name: 'babysit', version: version() }, { instructions: INSTRUCTIONS });
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
        return answer(caller, tool, args, { waitLimitMs, signal, report });
      },
    );
  }
  return server;
}

/** The schema for clients, without its check: the tool checks the input and reports problems like the API. */
function advertised(input: z.ZodObject): StandardSchemaWithJSON<unknown> {
  const standard = input['~standard'];
  return {
    '~standard': { ...standard, validate: (value) => ({ value }) },
  } as StandardSchemaWithJSON<unknown>;
}

async function answer(caller: Caller, tool: Tool, args: unknown, request: ToolRequest) {
  try {
    const outcome = await tool.call(caller, check(tool.input, args ?? {}), request);
    const inbox = outcome.isError ? null : await inboxAfter(caller, outcome);
    return {
      content: [text(outcome.text ?? outcome.answer), ...(inbox === null ? [] : [text(inbox)])],
      structuredContent: { ...outcome.answer, ...inbox },
      isError: outcome.isError ?? false,
    };
  } catch (error) {
    if (error instanceof BabysitError) return { content: [text(errorView(error))], isError: true };
    throw error;
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
