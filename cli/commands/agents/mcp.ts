// babysit mcp: the same verbs as tools of an MCP server, over stdio.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT } from '../../../src/core/errors.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { whoseInbox } from '../../client/inbox.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';
import type { serveMcp } from '../../mcp/server.ts';

/** Below the 60 s after which many clients give a call up. */
const WAIT_LIMIT = '50s';

export const command = defineCommand({
  usage: 'mcp [--wait_limit DURATION] [--owner NAME]',
  about: `Serves MCP on stdin and stdout until the client closes it: run, wait, wait_for_capacity, list, status, log, kill, adjust, retry.
A wait that reaches the limit answers with what the client passes to the next one, so nothing is lost between them.`,
  flags: {
    wait_limit: {
      kind: 'text',
      value: 'DURATION',
      help: `how long a call waits at most when it does not say (default ${WAIT_LIMIT})`,
    },
    owner: { kind: 'text', value: 'NAME', help: 'whose tasks they are (default: CLAUDE_CODE_SESSION_ID)' },
  },
  examples: ['babysit mcp --wait_limit=10m', 'claude mcp add babysit -- babysit mcp'],
  async run({ session, env }, { flags, positionals }) {
    noPositionals(positionals, 'mcp');
    const waitLimitMs = parseDuration(flags.wait_limit ?? WAIT_LIMIT, '--wait_limit');
    // Read before a daemon is started, which changes it.
    const umask = process.umask();
    const serve = await loadServer();
    await serve({ session, scope: whoseInbox(env, flags.owner), umask, waitLimitMs });
    return EXIT.ok;
  },
});

/** A bundle of its own: the SDK and the schemas would make every other command slower to start. */
async function loadServer(): Promise<typeof serveMcp> {
  const built = !import.meta.filename.endsWith('.ts');
  const path = join(import.meta.dirname, built ? 'mcp.mjs' : '../../mcp/server.ts');
  const module = (await import(pathToFileURL(path).href)) as { serveMcp: typeof serveMcp };
  return module.serveMcp;
}
