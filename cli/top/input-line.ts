// A line that a user edits: the text before and after the cursor. Pure.
import { cutStart, cutText, textWidth } from '../../src/text/width.ts';
import type { Key } from './keys.ts';

export interface InputLine {
  readonly before: string;
  readonly after: string;
}

export const EMPTY_LINE: InputLine = { before: '', after: '' };

export function textOf({ before, after }: InputLine): string {
  return before + after;
}

export function edited(line: InputLine, key: Key): InputLine {
  const { before, after } = line;
  const [kept, last] = splitAt([...before].length - 1, before);
  const [next, rest] = splitAt(1, after);
  switch (key.name) {
    case 'text':
      return { before: before + key.text, after };
    case 'backspace':
      return { before: kept, after };
    case 'delete':
      return { before, after: rest };
    case 'left':
      return { before: kept, after: last + after };
    case 'right':
      return { before: before + next, after: rest };
    case 'home':
      return { before: '', after: before + after };
    case 'end':
      return { before: before + after, after: '' };
    case 'clear':
      return EMPTY_LINE;
    default:
      return line;
  }
}

function splitAt(count: number, text: string): [string, string] {
  const characters = [...text];
  const at = Math.max(0, count);
  return [characters.slice(0, at).join(''), characters.slice(at).join('')];
}

const CURSOR = '|';

/** The part around the cursor that fits. */
export function shownLine({ before, after }: InputLine, columns: number): string {
  const room = columns - textWidth(CURSOR);
  const start = cutStart(before, room - Math.min(textWidth(after), Math.floor(room / 4)));
  return `${start}${CURSOR}${cutText(after, room - textWidth(start))}`;
}
