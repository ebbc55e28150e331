// A number with its noun: `1 task`, `2 tasks`, `1 core`, `0.5 cores`.

/** `count` as it is shown: a text such as `1.0` has digits after the point, so it takes the plural. */
export function counted(count: number | string, noun: string, plural = `${noun}s`): string {
  return `${count} ${String(count) === '1' ? noun : plural}`;
}
