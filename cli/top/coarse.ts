// Formats a time on the screen with few digits.
import { formatDuration } from '../../src/units/duration.ts';

const SECONDS_UNTIL_MS = 600_000;

/** Whole seconds, from ten minutes on whole minutes: what changes in each frame draws the eye. */
export function coarse(ms: number): string {
  if (ms < 1000) return '0s';
  const unit = ms < SECONDS_UNTIL_MS ? 1000 : 60_000;
  return formatDuration(Math.floor(ms / unit) * unit);
}
