// The output of a task: the last part of it, and what comes. Each line knows its place in the whole output.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogRangeView } from '../../src/api/schemas/log.ts';
import { stripEscapes } from '../../src/text/terminal.ts';
import { ask, readStream } from '../client/request.ts';

export interface LogLine {
  /** Of its first byte, counted from the start of the output. */
  readonly offset: number;
  readonly text: string;
}

const TAIL_LINES = 1000;
const MOST_LINES = 2000;
const LONGEST = 2000;

export function useLog(id: string, connection: string): readonly LogLine[] {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream ended with the old connection.
  useEffect(() => {
    const leaving = new AbortController();
    setLines([]);
    const task = `/v1/tasks/${encodeURIComponent(id)}`;
    const read = async () => {
      const { from } = await ask<LogRangeView>(`${task}/log/range?tail=${TAIL_LINES}`, leaving.signal);
      const push = lineReader(from);
      const onText = (text: string) => {
        const more = push(text);
        if (more.length > 0) setLines((earlier) => [...earlier, ...more].slice(-MOST_LINES));
      };
      await readStream(`${task}/log?from=${from}&follow=1`, onText, leaving.signal);
    };
    // A pending task has no log yet: its page is drawn again when it starts.
    read().catch(() => {});
    return () => leaving.abort();
  }, [id, connection]);
  return lines;
}

function lineReader(from: number): (text: string) => LogLine[] {
  const encoder = new TextEncoder();
  let offset = from;
  let rest = '';
  return (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    return parts.map((part) => {
      const line = { offset, text: shown(part) };
      offset += encoder.encode(part).length + 1;
      return line;
    });
  };
}

/** As a terminal shows it: the text after the last carriage return, without escape sequences. */
function shown(line: string): string {
  const visible = stripEscapes(line).replace(/\r$/, '');
  return visible.slice(visible.lastIndexOf('\r') + 1).slice(0, LONGEST);
}

/** The place in the output at a time, which is asked for when the cursor rests; null: none. */
export function useOffsetAt(id: string, at: number | null): number | null {
  const [offset, setOffset] = useState<number | null>(null);
  const lastId = useRef(id);
  useEffect(() => {
    if (at === null || lastId.current !== id) {
      lastId.current = id;
      setOffset(null);
      return;
    }
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      // biome-ignore lint/plugin/no-wall-clock: the daemon takes an age and subtracts it from its clock, which is this one.
      const age = Math.max(1, Math.round(Date.now() - at));
      ask<LogRangeView>(`/v1/tasks/${encodeURIComponent(id)}/log/range?full=1&since=${age}ms`, leaving.signal)
        .then(({ from }) => setOffset(from))
        .catch(() => setOffset(null));
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [id, at]);
  return offset;
}

const REST_MS = 120;
