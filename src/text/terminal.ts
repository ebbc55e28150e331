// Removes terminal control sequences, so that the text of a task is safe to print.

// CSI, OSC/DCS/SOS/PM/APC strings (ended by BEL or ST, or cut off), two-byte escapes. ECMA-48.
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the point
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
// C0 and C1 except tab and newline, and the marks that change the text direction (Trojan Source, CVE-2021-42574).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the point
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** For a single line: an unterminated string sequence, such as a title, extends to the end of the text. */
export function stripEscapes(text: string): string {
  return text.replace(SEQUENCES, '');
}

/** For text with several lines. */
export function escapeText(text: string): string {
  return stripEscapes(text).replace(CONTROLS, '');
}

/** For one field of a line: shows tabs and newlines as \t and \n. */
export function escapeField(text: string): string {
  return escapeText(text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t'));
}

/**
 * For JSON on a terminal. JSON escapes C0, but not DEL, C1 and direction marks, which can occur only in its strings: the
 * escapes do not change the value.
 */
export function showControls(text: string): string {
  return text.replace(
    /[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** For one line of a log: drops the text that a carriage return overwrites on a terminal. */
export function escapeLine(line: string): string {
  const text = line.replace(/\r+$/, '');
  return escapeText(text.slice(text.lastIndexOf('\r') + 1));
}
