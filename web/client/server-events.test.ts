// The parser of server-sent events takes a stream however it is cut.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { eventReader } from './server-events.ts';

const STREAM = 'event: hello\ndata: {"a":"b: c"}\n\n: \n\nevent: frame\ndata: {"x":1}\n\ndata: 2\n\n';
const EVENTS = [
  ['hello', '{"a":"b: c"}'],
  ['frame', '{"x":1}'],
  ['message', '2'],
];

it('reads the same events from every division into pieces', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
      const found: string[][] = [];
      const read = eventReader((name, data) => found.push([name, data]));
      const bounds = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
      for (const [i, end] of bounds.slice(1).entries()) read(STREAM.slice(bounds[i], end));
      assert.deepEqual(found, EVENTS);
    }),
  ));
