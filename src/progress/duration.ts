// Parses durations as programs print them next to a progress bar: `0:00:04`, `12s`, `2m 30s`, `~3 min`, `1 day, 2:03:04`.

const CLOCK = /^(?:(\d+) days?,? )?(?:(\d+):)?(\d{1,2}):(\d\d)(?:\.\d+)?(?![\d:.-])/;
const PART =
  /^(\d+(?:\.\d+)?)\s?(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![A-Za-z/])[,\s]*/;
const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** The duration at the start of `text`, in ms; null when there is none. */
export function durationAt(text: string): number | null {
  const rest = text.replace(/^[\s:~=≈]*(?:about |in )?~?/, '');
  const clock = CLOCK.exec(rest);
  if (clock !== null) {
    const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = clock;
    return ((Number(days) * 24 + Number(hours)) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  }
  let sumMs: number | null = null;
  let left = rest;
  for (let part = PART.exec(left); part !== null; part = PART.exec(left)) {
    const [whole, amount = '', unit = ''] = part;
    sumMs = (sumMs ?? 0) + Number(amount) * (UNIT_MS[unit.charAt(0)] ?? 0);
    left = left.slice(whole.length);
  }
  return sumMs;
}
