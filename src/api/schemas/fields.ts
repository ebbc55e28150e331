// Makes the schemas of request fields from the table, and defines schemas that several routes use.
import { z } from 'zod';
import type { FieldRow, FieldType, Verb } from '../../request/field-row.ts';
import type { FIELDS } from '../../request/fields.ts';
import { helpOf } from '../../request/flags.ts';
import { rowsOf } from '../../request/parse.ts';
import type { FieldOf, Json, JsonTypes } from '../../request/request.ts';
import { isJsonObject } from '../../text/json.ts';

/** A number, or text with a unit. */
export const quantity = z.union([z.string(), z.number()], {
  error: 'must be a number, or a text with its unit',
});
/** Names or ids. */
export const refs = z.union([z.string(), z.array(z.string())], {
  error: 'must be a list, or a text with commas',
});
const noNul = z.string().refine((text) => !text.includes('\0'), 'must not contain a NUL character');
export const absolutePath = noNul.refine((path) => path.startsWith('/'), 'must be an absolute path');

/** Names and values of variables. Not z.record, which drops a variable with the name __proto__. */
function variables(check: (name: string, text: string) => string | null): z.ZodType<Record<string, string>> {
  const schema = z.unknown().superRefine((value, { issues }) => {
    if (!isJsonObject(value)) {
      issues.push({ code: 'invalid_type', expected: 'record', input: value });
      return;
    }
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== 'string')
        issues.push({ code: 'invalid_type', expected: 'string', input: text, path: [name] });
      else {
        const message = check(name, text);
        if (message !== null) issues.push({ code: 'custom', message, input: text, path: [name] });
      }
    }
  });
  const meta = { type: 'object', additionalProperties: { type: 'string' } } as const;
  return schema.meta(meta) as z.ZodType<Record<string, string>>;
}

/** A complete environment. */
export const env = variables((name, text) => {
  if (name === '' || name.includes('=')) return 'is not a valid name of an environment variable';
  return name.includes('\0') || text.includes('\0') ? 'must not contain a NUL character' : null;
});
export const owner = z.string().min(1).max(256);

type ShapeOf<V extends Verb> = { [K in FieldOf<V>]: z.ZodOptional<z.ZodType<Json<(typeof FIELDS)[K]>>> };

/** Checks JSON types only: `parseFields` checks the limits, with the same messages as in the CLI. */
export function shapeOf<V extends Verb>(verb: V): ShapeOf<V> {
  return shapeOfRows(verb, () => true) as ShapeOf<V>;
}

/** The fields the MCP tools offer, each with its help. */
export function toolShapeOf<V extends Verb>(verb: V): ShapeOf<V> {
  return shapeOfRows(verb, ({ mcp }) => mcp !== false) as ShapeOf<V>;
}

function shapeOfRows(verb: Verb, isOffered: (row: FieldRow) => boolean): z.ZodRawShape {
  return Object.fromEntries(
    rowsOf(verb)
      .filter(([, row]) => isOffered(row))
      .map(([name, row]) => {
        const schema = SCHEMAS[row.type](row).describe(row.mcp || helpOf(verb, row));
        return [name, schema.optional()];
      }),
  );
}

const text = z.string();

const SCHEMAS: { readonly [T in FieldType]: (row: FieldRow) => z.ZodType<JsonTypes[T]> } = {
  duration: () => quantity,
  duration_or_off: () => quantity,
  size: () => quantity,
  cores: () => quantity,
  percent: () => quantity,
  whole: ({ min = 0, max = Number.MAX_SAFE_INTEGER }) =>
    z.union([z.int().min(min).max(max), text], { error: `must be a whole number from ${min} to ${max}` }),
  text: () => text,
  name: () => text,
  unit: () => text,
  path: () => text,
  line: () => text,
  regexp: () => text,
  argv: () => z.array(text),
  list: () => refs,
  choice: ({ choices = [] }) => z.enum(choices),
  switch: () => z.boolean(),
  json: () => z.unknown(),
  env: () => variables(() => null),
};
