// Removes control sequences from a task's text: colors, cursor moves, titles, clipboard writes.

// CSI, OSC/DCS/SOS/PM/APC strings (ended by BEL or ST, or cut off), two-byte escapes. ECMA-48.
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the point
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
// Everything else of C0 and C1 but tab and newline, and the marks that reverse the reading direction (Trojan Source).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the point
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** For text that may span lines. */
export function escapeText(text: string): string {
  return text.replace(SEQUENCES, '').replace(CONTROLS, '');
}

/** For one field of a line: tabs and newlines are shown, not obeyed. */
export function escapeField(text: string): string {
  return escapeText(text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t'));
}

/**
 * For JSON on a terminal, which escapes C0 but neither DEL, C1 nor the marks of direction. They can only be within its
 * strings, where this means the same.
 */
export function showControls(text: string): string {
  return text.replace(
    /[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** For one line of a log: what a carriage return would overwrite is dropped, as a terminal would show it. */
export function escapeLine(line: string): string {
  const text = line.replace(/\r+$/, '');
  return escapeText(text.slice(text.lastIndexOf('\r') + 1));
}
