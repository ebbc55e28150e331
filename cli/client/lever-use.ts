// Reports the use of a lever that the daemon does not see: at once, or without a daemon in a file that the next one reads.
import { appendFileSync, existsSync, statSync } from 'node:fs';
import type { Home } from '../../src/config/home.ts';
import type { LeverUse } from '../../src/core/host/levers.ts';
import { send } from './http.ts';

const ANSWER_MS = 2000;
/** Uses that no daemon has read. A full file keeps the first ones. */
const FILE_MAX_BYTES = 64 * 1024;

/** Without a state directory there is nothing to record it in. */
export async function reportLeverUse(home: Home, use: LeverUse): Promise<void> {
  if (!existsSync(home.dir)) return;
  const request = { method: 'POST', path: '/v1/levers', body: use, timeoutMs: ANSWER_MS } as const;
  try {
    const { status } = await send(home.socket, request);
    if (status < 300) return;
  } catch {
    // No daemon answers.
  }
  const kept = statSync(home.leverUses, { throwIfNoEntry: false });
  if (kept !== undefined && kept.size > FILE_MAX_BYTES) return;
  // biome-ignore lint/plugin/no-wall-clock: the time of the use, for the record
  appendFileSync(home.leverUses, `${JSON.stringify({ ...use, at: Date.now() })}\n`, { mode: 0o600 });
}
