// Takes the keys from Ink, which keeps the terminal: its second screen, its raw mode, and the way to the shell and back.
// Nothing is drawn with Ink: for each picture it takes every cell of the screen apart, 3% of a core at 200 x 50.
import { type Key as InkKey, useApp, useInput } from 'ink';
import { useEffect } from 'react';
import { CONTROL_KEYS, type Key, type KeyName, typedKeys } from './keys.ts';

export interface AppProps {
  readonly onKey: (key: Key) => void;
  /** Receives what gives the terminal back while `work` runs. */
  readonly onReady: (giveBack: (work: () => Promise<void>) => Promise<void>) => void;
}

export function App({ onKey, onReady }: AppProps): null {
  const { suspendTerminal } = useApp();
  useEffect(() => onReady(suspendTerminal), [onReady, suspendTerminal]);
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) onKey(pressed);
  });
  return null;
}

const NAMED: readonly (readonly [keyof InkKey, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['tab', 'tab'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
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
