// Renders a JSON schema, made by z.toJSONSchema, as a table with one row a field.
import { z } from 'zod';
import { anchor, code, table, words } from './markdown.ts';

/** The part of a JSON schema that the answers use. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly (string | null)[];
  readonly const?: string | boolean;
}

/** A longer enum is described elsewhere. */
const VALUES_SHOWN = 7;

export function schemaOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { unrepresentable: 'any' }) as Schema;
}

/** Objects with an id are on the page `objectsPage`; empty for the page itself. */
export function schemaTable(schema: Schema, objectsPage: string): string {
  return table(['field', 'type', 'meaning'], rowsOf(schema, '', objectsPage));
}

/** Links the objects that a schema refers to. */
export function typeOf(schema: Schema, objectsPage: string): string {
  const { $ref, anyOf, const: value, items } = schema;
  if ($ref !== undefined) {
    const name = words($ref.replace('#/$defs/', ''));
    return `[${name}](${objectsPage}#${anchor(name)})`;
  }
  if (anyOf !== undefined) return anyOf.map((other) => typeOf(other, objectsPage)).join(' or ');
  if (value !== undefined) return code(String(value));
  if (schema.enum !== undefined && schema.enum.length <= VALUES_SHOWN)
    return schema.enum.map((word) => (word === null ? 'null' : code(word))).join(', ');
  if (items !== undefined)
    return `array of ${items.properties === undefined ? typeOf(items, objectsPage) : 'objects'}`;
  return [schema.type ?? 'any JSON'].flat().join(' or ');
}

function rowsOf({ properties = {}, required = [] }: Schema, prefix: string, objectsPage: string): string[][] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = prefix + key;
    const type = typeOf(schema, objectsPage) + (required.includes(key) ? '' : ', optional');
    const nested = innerOf(schema);
    const inner =
      nested === null ? [] : rowsOf(nested.schema, `${name}${nested.isArray ? '[]' : ''}.`, objectsPage);
    return [[code(name), type, schema.description ?? ''], ...inner];
  });
}

/** The object without an id inside a field. */
function innerOf(schema: Schema): { readonly schema: Schema; readonly isArray: boolean } | null {
  const found = [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties !== undefined);
  if (found !== undefined) return { schema: found, isArray: false };
  return schema.items?.properties === undefined ? null : { schema: schema.items, isArray: true };
}
