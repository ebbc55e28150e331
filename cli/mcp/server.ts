// The MCP server: the tools over stdio, the API's words for what is wrong, and the inbox with every answer.
import { McpServer, type StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { z } from 'zod';
import { check } from '../../src/api/schemas/check.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { newsView, reportSeen, seqs, takeInbox } from '../client/inbox.ts';
import { errorView } from '../output/output.ts';
import { version } from '../version.ts';
import type { Caller, Outcome, Tool, ToolRequest } from './tool.ts';
import { TOOLS } from './tools.ts';

const INSTRUCTIONS = `babysit runs long, heavy or unattended commands for you, within what the host has room for, and tells you how they end.
run with honest estimates, then wait (again with its "resume" when it answers "running"); never poll status or log in a loop.
"completed" means exit code 0, not success: look at the log. "news" beside an answer is what happened to your tasks meanwhile; it is told once.`;

/** Resolves when the client has closed its end. */
export function serveMcp(caller: Caller): Promise<void> {
  serveStdio(() => buildServer(caller));
  return new Promise((resolve) => {
    process.stdin
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    process.stdout.once('error', () => resolve());
  });
}

function buildServer(caller: Caller): McpServer {
  const server = new McpServer({ name: 'babysit', version: version() }, { instructions: INSTRUCTIONS });
  for (const [name, tool] of Object.entries(TOOLS)) {
    const { description, input, isReadOnly } = tool;
    const annotations = {
      readOnlyHint: isReadOnly,
      destructiveHint: name === 'kill',
      openWorldHint: name === 'run',
    };
    server.registerTool(
      name,
      { description, inputSchema: advertised(input), annotations },
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
        return answer(caller, tool, args, { signal, report });
      },
    );
  }
  return server;
}

/** Shown to clients, and checked by the tool itself: what is wrong is then said as the API says it. */
function advertised(input: z.ZodObject): StandardSchemaWithJSON<unknown> {
  const standard = input['~standard'];
  return {
    '~standard': { ...standard, validate: (value) => ({ value }) },
  } as StandardSchemaWithJSON<unknown>;
}

async function answer(caller: Caller, tool: Tool, args: unknown, request: ToolRequest) {
  try {
    const outcome = await tool.call(caller, check(tool.input, args ?? {}), request);
    const news = outcome.isError ? [] : await newsBeside(caller, outcome);
    return { content: [text(outcome.answer), ...news.map(text)], isError: outcome.isError ?? false };
  } catch (error) {
    if (error instanceof BabysitError) return { content: [text(errorView(error))], isError: true };
    throw error;
  }
}

function text(value: string | object): { type: 'text'; text: string } {
  return { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** What nobody has told yet beyond what the answer tells. It counts as seen when the answer has left. */
async function newsBeside({ session, scope }: Caller, { shown = new Map() }: Outcome): Promise<object[]> {
  const view = await takeInbox(session, scope).catch(() => ({ events: [], more: 0 }));
  const told = new Map([...shown, ...seqs(view)]);
  setImmediate(() => void reportSeen(session, scope, told));
  const news = view.events.filter(({ id, seq }) => seq > (shown.get(id) ?? 0));
  if (news.length === 0) return [];
  const more = view.more === 0 ? {} : { more: view.more };
  return [{ news: news.map((event) => newsView(event, false)), ...more }];
}
