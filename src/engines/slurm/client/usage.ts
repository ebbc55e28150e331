// Reads what sstat prints about a running job, and what sbatch --test-only says about its start.

export interface JobUsage {
  readonly memBytes: number;
  /** In whole seconds. */
  readonly cpuSeconds: number;
}

/** `text` is TRESUsageInTot, such as `cpu=00:00:01,energy=0,mem=3216K`; null when it has no memory. */
export function parseUsage(text: string): JobUsage | null {
  const memory = /(?:^|,)mem=(\d+(?:\.\d+)?)([KMGTP]?)/m.exec(text);
  if (memory === null) return null;
  const [, amount, unit = ''] = memory;
  const cpu = /(?:^|,)cpu=([\d:.-]+)/m.exec(text)?.[1] ?? '';
  return {
    memBytes: Math.round(Number(amount) * 1024 ** ' KMGTP'.indexOf(unit || ' ')),
    cpuSeconds: secondsOf(cpu),
  };
}

/** `1-02:03:04` is one day, two hours, three minutes and four seconds; the left parts may be absent. */
function secondsOf(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text];
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number(days) * 86_400 + seconds;
}

/** Epoch ms; null without the sentence `Job 7 to start at …`. */
export function parseExpectedStart(text: string): number | null {
  const seconds = /\bJob \d+ to start at (\d+) /.exec(text)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
