// A bar with a filled part and marks: use, estimate and cap in one line.

export interface BarMark {
  readonly at: number;
  readonly kind: 'estimate' | 'twice' | 'cap';
}

export interface BarPart {
  readonly value: number;
  /** Name of a color in page.css. */
  readonly color: string;
}

interface Props {
  /** What a screen reader says. */
  readonly label: string;
  readonly parts: readonly BarPart[];
  /** The value at the right end. */
  readonly max: number;
  readonly marks?: readonly BarMark[];
}

export function Bar({ label, parts, max, marks = [] }: Props) {
  const pct = (value: number) => `${Math.min(100, Math.max(0, (100 * value) / (max || 1)))}%`;
  return (
    <div class="bar" role="img" aria-label={label}>
      <div class="bar-fill">
        {parts.map(({ value, color }) => (
          <span key={color} style={{ width: pct(value), background: `var(--${color})` }} />
        ))}
      </div>
      {marks.map(({ at, kind }) => (
        <span key={kind} class={`bar-mark ${kind}`} style={{ left: pct(at) }} />
      ))}
    </div>
  );
}
