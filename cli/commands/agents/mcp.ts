// babysit mcp: serves the verbs as tools of an MCP server over stdio.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { inboxScope } from '../../client/inbox.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import type { serveMcp } from '../../mcp/server.ts';

export const command = defineCommand({
  usage: 'mcp [--wait_limit DURATION] [--owner NAME] [--channel]',
  about: `Serves MCP on stdin and stdout until the client closes the connection. The tools are run, wait, wait_for_capacity, list,
status, log, kill, adjust and retry. A wait that reaches its limit returns a "resume" value; the next wait continues from it
without losing an event.`,
  flags: {
    wait_limit: {
      kind: 'text',
      value: 'DURATION',
      help: 'longest wait of a call without its own timeout (default: 50s; for a client that requests progress, as long as it waits)',
    },
    owner: { kind: 'text', value: 'NAME', help: 'owner of the tasks (default: CLAUDE_CODE_SESSION_ID)' },
    channel: {
      kind: 'switch',
      help: 'also be a channel of Claude Code: ends and warnings of the tasks wake the session',
    },
  },
  examples: ['babysit mcp --wait_limit=10m', 'claude mcp add babysit -- babysit mcp'],
  async run({ session, env }, { flags, positionals }) {
    noPositionals(positionals, 'mcp');
    const { wait_limit } = flags;
    const waitLimitMs = wait_limit === undefined ? null : parseDuration(wait_limit, '--wait_limit');
    // Starting a daemon changes the umask of this process.
    const umask = process.umask();
    const serve = await loadServer();
    const scope = inboxScope(env, flags.owner);
    await serve({ session, scope, umask, waitLimitMs, channel: flags.channel });
    return EXIT.ok;
  },
});

/** The server is a separate bundle: its SDK and schemas would slow down the start of every command. */
async function loadServer(): Promise<typeof serveMcp> {
  const built = !import.meta.filename.endsWith('.ts');
  const path = join(import.meta.dirname, built ? 'mcp.mjs' : '../../mcp/server.ts');
  const module = (await import(pathToFileURL(path).href)) as { serveMcp: typeof serveMcp };
  return module.serveMcp;
}
