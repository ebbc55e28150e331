// Sends values as JSON lines while they are read.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

export function sendLines(
  reply: FastifyReply,
  values: AsyncIterable<object | readonly object[]>,
): FastifyReply {
  const lines = Readable.from(jsonLines(values), { objectMode: false });
  return reply.type('application/x-ndjson').send(lines);
}

/** The values of an array are lines of their own, sent together. */
async function* jsonLines(values: AsyncIterable<object | readonly object[]>): AsyncGenerator<string> {
  for await (const value of values) {
    const lines = [value].flat().map((each) => `${JSON.stringify(each)}\n`);
    if (lines.length > 0) yield lines.join('');
  }
}
