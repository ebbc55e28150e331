// Parses the part of HTTP/1.1 that a client of the daemon needs. A request with node:http takes 63 ms, with this parser
// 28 ms, process start included (Node 24; `node -e 0` takes 24 ms).

export interface HttpReader {
  push(chunk: Buffer): void;
  /** Call when the connection closes. Returns whether the answer is complete. */
  close(): boolean;
}

export interface HttpSink {
  head(status: number): void;
  body(chunk: Buffer): void;
  end(): void;
}

type Phase =
  | 'head'
  | 'sized'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailer'
  | 'done';
const HEAD_MAX_BYTES = 64 * 1024;

/** Parses one answer into `sink`. `push` throws when the bytes are not HTTP/1.x. */
export function readHttp(sink: HttpSink): HttpReader {
  let rest: Buffer = Buffer.alloc(0);
  let phase: Phase = 'head';
  let left = 0;

  function finish(): void {
    phase = 'done';
    sink.end();
  }

  /** Parses the next part. Returns false when it needs more bytes. */
  function step(): boolean {
    switch (phase) {
      case 'head': {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) {
          if (rest.length > HEAD_MAX_BYTES)
            throw new Error(`the head of the answer has no end within ${HEAD_MAX_BYTES / 1024} KiB`);
          return false;
        }
        const head = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 4);
        const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
        if (!(status > 0)) throw new Error('the answer is not HTTP');
        if (status < 200) return true;
        sink.head(status);
        const length = /^content-length:\s*(\d+)\s*$/im.exec(head)?.[1];
        if (/^transfer-encoding:.*chunked/im.test(head)) phase = 'chunk-size';
        else if (length === undefined) phase = 'until-close';
        else {
          left = Number(length);
          phase = 'sized';
          if (left === 0) finish();
        }
        return true;
      }
      case 'sized':
      case 'chunk-data': {
        if (rest.length === 0) return false;
        const chunk = rest.subarray(0, left);
        rest = rest.subarray(chunk.length);
        left -= chunk.length;
        sink.body(chunk);
        if (left > 0) return false;
        if (phase === 'sized') finish();
        else phase = 'chunk-end';
        return true;
      }
      case 'until-close': {
        if (rest.length === 0) return false;
        const chunk = rest;
        rest = Buffer.alloc(0);
        sink.body(chunk);
        return false;
      }
      case 'chunk-size':
      case 'chunk-end':
      case 'trailer': {
        const end = rest.indexOf('\r\n');
        if (end < 0) return false;
        const line = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 2);
        if (phase === 'chunk-end') phase = 'chunk-size';
        else if (phase === 'trailer') {
          if (line === '') finish();
        } else {
          if (!/^[0-9a-f]+/i.test(line)) throw new Error('the answer has an invalid chunk size');
          left = Number.parseInt(line, 16);
          phase = left === 0 ? 'trailer' : 'chunk-data';
        }
        return true;
      }
      case 'done':
        return false;
    }
  }

  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (step());
    },
    close() {
      if (phase === 'until-close') finish();
      return phase === 'done';
    },
  };
}
