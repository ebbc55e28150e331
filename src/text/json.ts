// JSON text and values whose shape is not known yet.

export type Parsed =
  | { readonly value: unknown; readonly why: null }
  | { readonly value: undefined; readonly why: string };

/** `why` says what is wrong with the text, in the words of the parser; JSON itself has no undefined. */
export function parseJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text), why: null };
  } catch (error) {
    return { value: undefined, why: (error as Error).message };
  }
}

/** `{…}`, and neither null nor an array. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
