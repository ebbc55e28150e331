// Streams the frames of the host. A client that reads slowly misses frames, never the newest for long.
import type { Service } from '../service.ts';
import type { LineStream } from './line-stream.ts';

export function streamLive(service: Pick<Service, 'live'>, open: (closed: () => void) => LineStream): void {
  let stop = () => {};
  let isSending = false;
  const stream = open(() => stop());
  stop = service.live((line) => {
    if (isSending) return false;
    isSending = true;
    stream.writeLine(line);
    void stream.isDrained().then(() => {
      isSending = false;
    });
    return true;
  });
}
