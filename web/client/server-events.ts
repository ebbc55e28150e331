// Parses server-sent events. The browser's EventSource cannot send the token in a header.

/** Returns a function that takes the stream in pieces and calls `onEvent` for each whole event. */
export function eventReader(onEvent: (name: string, data: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string?]);
      const textOf = (name: string) => fields.find(([key]) => key === name)?.[1];
      const data = textOf('data');
      if (data !== undefined) onEvent(textOf('event') ?? 'message', data);
    }
  };
}
