// Reads out starts, warnings and ends of tasks to a screen reader, at most one sentence a second.
import { useEffect, useState } from 'preact/hooks';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import { onEvent } from '../client/live.ts';

const GAP_MS = 1000;
const KEPT = 5;

export function Announcer() {
  const [text, setText] = useState('');
  useEffect(() => {
    const waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const next = () => {
      const sentence = waiting.shift();
      timer = sentence === undefined ? null : setTimeout(next, GAP_MS);
      if (sentence !== undefined) setText(sentence);
    };
    const stop = onEvent((event) => {
      const sentence = sentenceOf(event);
      if (sentence === null) return;
      waiting.push(sentence);
      // The newest ones matter when many tasks end together.
      waiting.splice(0, waiting.length - KEPT);
      if (timer === null) next();
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, []);
  return (
    <p class="hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

function sentenceOf({ event, name, ...fields }: EventView): string | null {
  switch (event) {
    case 'started':
      return `Task ${name} started.`;
    case 'ended':
      return `Task ${name} ended: ${fields.status}.`;
    case 'kill_requested':
      return `Task ${name} is being killed: ${fields.reason}.`;
    case 'runaway_risk':
    case 'stall_risk':
      return `Task ${name} is at risk. ${fields.hint}`;
    default:
      return null;
  }
}
