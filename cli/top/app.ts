// Draws the rows with Ink and turns its key events into keys.
import { Box, type Key as InkKey, Text, useApp, useInput, useWindowSize } from 'ink';
import { createElement as h, memo, type ReactElement, useEffect, useSyncExternalStore } from 'react';
import { CONTROL_KEYS, type Key, type KeyName, typedKeys } from './keys.ts';
import { painted } from './paint.ts';
import { screen } from './screen.ts';
import type { Store } from './store.ts';

export interface AppProps {
  readonly store: Store;
  readonly hasColor: boolean;
  /** Receives what leaves the screen for a while: the caller stops the process in it. */
  readonly onReady: (screen: { readonly suspend: (work: () => Promise<void>) => Promise<void> }) => void;
}

export function App({ store, hasColor, onReady }: AppProps): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  useEffect(() => onReady({ suspend: suspendTerminal }), [onReady, suspendTerminal]);
  useEffect(() => {
    store.report({ kind: 'resized', size: { columns, rows } });
  }, [store, columns, rows]);
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) store.press(pressed);
  });
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: rows },
    ...screen(state).map((row) => line(painted(row, hasColor))),
  );
}

function line(text: string): ReactElement {
  return h(Line, { text });
}

/** A row that did not change costs nothing. */
const Line = memo(({ text }: { readonly text: string }) =>
  h(Text, { wrap: 'truncate' }, text === '' ? ' ' : text),
);

const NAMED: readonly (readonly [keyof InkKey, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['tab', 'tab'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];
function keysOf(input: string, key: InkKey): Key[] {
  if (key.ctrl) {
    const name = CONTROL_KEYS[String.fromCharCode(input.charCodeAt(0) & 0x1f)];
    return name === undefined ? [] : [{ name }];
  }
  for (const [flag, name] of NAMED) if (key[flag] === true) return [{ name }];
  if (key.meta) return [];
  return typedKeys(input);
}
