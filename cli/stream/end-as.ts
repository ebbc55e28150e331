// Ends this process as a command has ended.
import { EXIT } from '../../src/core/errors.ts';
import { signalNumber } from '../../src/procfs/process/signal-names.ts';
import type { End } from '../../src/relay/frames.ts';

/** The signal ends this process before. */
const SIGNALED_MS = 1000;

/** Resolves with the exit code; for a signal, this process ends by it. */
export async function endAs({ code, signal }: Pick<End, 'code' | 'signal'>): Promise<number> {
  const number = signalNumber(signal);
  if (number === null) return code ?? EXIT.noOwnCode;
  // A listener that is added and removed leaves the default action, which Node replaces for some signals.
  const name = signal as NodeJS.Signals;
  if (name !== 'SIGKILL' && name !== 'SIGSTOP') {
    process.on(name, () => {});
    process.removeAllListeners(name);
  }
  process.kill(process.pid, number);
  await new Promise((resolve) => setTimeout(resolve, SIGNALED_MS));
  return 128 + number;
}
