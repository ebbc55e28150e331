// In a long list, rows out of sight follow the frames in turn: to draw a thousand rows each second would take all the time of a page.
import type { Ref } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** A longer list is shown on request. */
export const SHOWN = 40;
/** Of the rows of a list that are out of sight, a frame draws so many. */
const TURNS = 10;

const watched = new WeakMap<Element, (isSeen: boolean) => void>();
const observer = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) watched.get(target)?.(isIntersecting);
  },
  { rootMargin: '200px 0px' },
);

/** Of the rows of one list in this frame: whether it is the turn of the row at this index. */
export function useTurns(count: number): (index: number) => boolean {
  const frames = useRef(0);
  frames.current += 1;
  const rounds = Math.ceil(count / TURNS);
  const now = frames.current % Math.max(1, rounds);
  return (index) => index % rounds === now;
}

/** The value to draw: the newest one when it is the turn of the row or the row is in sight, else the one drawn last. */
export function useInTurn<T>(
  value: T,
  isTurn: boolean,
): { readonly place: Ref<HTMLLIElement>; readonly drawn: T } {
  const place = useRef<HTMLLIElement>(null);
  const [isSeen, setSeen] = useState(false);
  const drawn = useRef(value);
  if (isSeen || isTurn) drawn.current = value;
  useEffect(() => {
    const row = place.current;
    if (row === null) return;
    watched.set(row, setSeen);
    observer.observe(row);
    return () => observer.unobserve(row);
  }, []);
  return { place, drawn: drawn.current };
}
