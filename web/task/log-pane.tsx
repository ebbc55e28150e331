// The output of the task. It follows the end, and the cursor of the charts while that rests on them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLog, useOffsetAt } from './use-log.ts';

const NEAR_END_PX = 40;

interface Props {
  readonly id: string;
  readonly connection: string;
  /** The time at the cursor of the charts; null: none. */
  readonly at: number | null;
}

export function LogPane({ id, connection, at }: Props) {
  const lines = useLog(id, connection);
  const offset = useOffsetAt(id, at);
  const box = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const pointed = offset === null ? -1 : lastAtOrBefore(lines, offset);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines scroll the box when it shows the end.
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    if (pointed >= 0) {
      const line = place.children[pointed];
      if (line instanceof HTMLElement) place.scrollTop = line.offsetTop - place.clientHeight / 2;
    } else if (isAtEnd) place.scrollTop = place.scrollHeight;
  }, [lines, pointed]);
  const first = lines[0];
  return (
    <section aria-labelledby="log-title">
      <h2 id="log-title">Output</h2>
      {lines.length === 0 ? <p class="empty">No output.</p> : null}
      {offset !== null && first !== undefined && offset < first.offset ? (
        <p class="quiet">The output of that time is earlier than the {lines.length} lines shown here.</p>
      ) : null}
      <div
        ref={box}
        class="log"
        role="log"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it.
        tabIndex={0}
        aria-labelledby="log-title"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          if (pointed < 0) setAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_END_PX);
        }}
      >
        {lines.map(({ offset: key, text }, i) => (
          <div key={key} class={i === pointed ? 'pointed' : undefined}>
            {text}
          </div>
        ))}
      </div>
    </section>
  );
}

/** Lines ascend by their places. Returns -1 when all are later. */
export function lastAtOrBefore(lines: readonly { readonly offset: number }[], offset: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.offset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
