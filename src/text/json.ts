// Parses JSON and checks values of unknown shape.

type Parsed =
  | { readonly value: unknown; readonly why: null }
  | { readonly value: undefined; readonly why: string };

/** `why` is the error message of the parser; null for valid JSON. */
export function parseJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text), why: null };
  } catch (error) {
    return { value: undefined, why: (error as Error).message };
  }
}

/** False for null and arrays. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
