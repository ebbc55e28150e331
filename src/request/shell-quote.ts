// One word for a POSIX shell.

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

export function shellQuote(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
