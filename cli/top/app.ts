// Draws the rows with Ink and turns its key events into keys.
import { Box, type Key as InkKey, Text, useApp, useInput, useWindowSize } from 'ink';
import { createElement as h, type ReactElement, useEffect, useSyncExternalStore } from 'react';
import { CONTROL_KEYS, type Key, type KeyName, typedKeys } from './keys.ts';
import { screen } from './screen.ts';
import type { Row, Span, Tone } from './spans.ts';
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
    { flexDirection: 'column', width: state.size.columns, height: state.size.rows, overflow: 'hidden' },
    screen(state).map((row, index) => h(Line, { key: index, row, hasColor })),
  );
}

function Line({ row, hasColor }: { readonly row: Row; readonly hasColor: boolean }): ReactElement {
  const isSelected = row.isSelected === true;
  return h(
    Text,
    { wrap: 'truncate', inverse: isSelected },
    row.spans.map(({ text, tone }: Span, index) =>
      h(Text, { key: index, ...(hasColor ? COLORS[tone] : PLAIN[tone]) }, text),
    ),
  );
}

interface Style {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
}

const COLORS: Readonly<Record<Tone, Style>> = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  info: { color: 'cyan' },
  title: { color: 'blue', bold: true },
};
/** NO_COLOR: bold is not a color. */
const PLAIN: Readonly<Record<Tone, Style>> = {
  plain: {},
  dim: {},
  strong: { bold: true },
  good: {},
  warn: {},
  bad: { bold: true },
  info: {},
  title: { bold: true },
};

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
