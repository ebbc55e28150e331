// Waits for a condition with a deadline; the only way a test waits.
export interface WaitOptions {
  readonly deadlineMs: number;
  readonly what: string;
}

export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs, what }: WaitOptions,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
