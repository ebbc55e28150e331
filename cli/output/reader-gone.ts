// Notices that the reader of a stream is gone while there is nothing to write, as after `log --follow | grep -m1 X`.
import { constants, fstatSync, openSync, readlinkSync } from 'node:fs';

/** The part of Node's TCP handle that is used here. */
interface Handle {
  open(fd: number): number;
  readStart(): number;
  onread(): void;
}
interface TcpWrap {
  readonly TCP: new (type: number) => Handle;
  readonly constants: { readonly SOCKET: number };
}

/**
 * Rejects with EPIPE when stdout is a pipe and its last reader closes it. Stays pending elsewhere, and where this Node has
 * no such handle: then the next write finds out.
 */
export function untilReaderGone(): Promise<never> {
  return new Promise((_, reject) => {
    try {
      if (process.platform === 'linux' && fstatSync(1).isFIFO())
        onHangUp(1, () =>
          reject(Object.assign(new Error('the reader of stdout is gone'), { code: 'EPIPE' })),
        );
    } catch {
      // See above.
    }
  });
}

/** Calls `gone` once for a pipe without a name: another reader may open one with a name before the next write. */
export function onReaderGone(fd: number, gone: () => void): void {
  try {
    if (readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:')) onHangUp(fd, gone);
  } catch {
    // See above.
  }
}

/**
 * poll(2) reports POLLERR for the writing end, which no public function of Node waits for: a Pipe refuses to read from
 * that end. A TCP handle does not look at the kind of the file, and its read fails at the event. A file of its own keeps
 * O_NONBLOCK from stdout, which other processes share.
 */
function onHangUp(of: number, gone: () => void): void {
  const { binding } = process as unknown as { binding(name: string): TcpWrap };
  const { TCP, constants: kinds } = binding.call(process, 'tcp_wrap');
  const handle = new TCP(kinds.SOCKET);
  handle.onread = gone;
  const fd = openSync(`/proc/self/fd/${of}`, constants.O_WRONLY | constants.O_NONBLOCK);
  if (handle.open(fd) === 0) handle.readStart();
}
