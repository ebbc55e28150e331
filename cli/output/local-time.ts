// A time for people: local, and relative to now.
import { formatDuration } from '../../src/units/duration.ts';

/** `13:23:40 (in 55s)`, `13:23:40 (2m ago)`; with the date from a day on. */
export function localTime(iso: string | null): string {
  if (iso === null) return '';
  const at = new Date(iso);
  // biome-ignore lint/plugin/no-wall-clock: a time relative to now, for people
  const awayMs = at.getTime() - Date.now();
  const time = at.toTimeString().slice(0, 8);
  const day = Math.abs(awayMs) < 86_400_000 ? '' : `${at.toLocaleDateString('sv-SE')} `;
  const away = formatDuration(Math.abs(awayMs));
  return `${day}${time} (${awayMs > 0 ? `in ${away}` : `${away} ago`})`;
}
