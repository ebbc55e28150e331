// Makes the OpenAPI document from the routes and their schemas.
import { z } from 'zod';
import { SCOPE } from './resolve-ref.ts';
import type { RouteSchemas } from './routes/answer.ts';
import { PROBLEM } from './schemas/problem.ts';

export interface Route extends RouteSchemas {
  /** In capital letters. */
  readonly method: string;
  /** With `:ref` for the reference of a task. */
  readonly url: string;
}

type Json = Readonly<Record<string, unknown>>;
interface JsonSchema {
  readonly [key: string]: unknown;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** The published document of version 3.1, whose schemas are those of JSON Schema 2020-12. */
export function openApi(routes: readonly Route[], version: string): Json {
  const components = new Map<string, JsonSchema>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    Object.assign(paths[path], { [route.method.toLowerCase()]: operation(route, components) });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'babysit',
      version,
      description:
        'The daemon serves it on daemon.sock in its state directory. Only its user can connect, so there is no authentication.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://babysit', description: 'Any host name: the socket decides.' }],
    paths,
    components: { schemas: Object.fromEntries(components) },
  };
}

function operation(route: Route, components: Map<string, JsonSchema>): Json {
  const { answer, isLines, body, status = 200 } = route;
  const type = answer === undefined ? 'text/plain' : isLines ? 'application/x-ndjson' : 'application/json';
  const schema = answer === undefined ? { type: 'string' } : convert(answer, 'output', components);
  const parameters = parametersOf(route, components);
  return {
    operationId: operationId(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(convert(body, 'input', components)) }),
    responses: {
      [status]: {
        description: isLines ? 'One object a line, until the stream ends.' : 'The request was carried out.',
        content: { [type]: { schema } },
      },
      default: {
        description: 'An error.',
        content: { 'application/problem+json': { schema: convert(PROBLEM, 'output', components) } },
      },
    },
  };
}

function requestBody(schema: JsonSchema): Json {
  const required = (schema.required ?? []).length > 0;
  return { required, content: { 'application/json': { schema } } };
}

/** `POST /v1/tasks/:ref/kill` -> `postTasksRefKill` */
function operationId({ method, url }: Route): string {
  const words = url.replace('/v1', '').replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${method.toLowerCase()}${words}`;
}

function parametersOf({ url, query }: Route, components: Map<string, JsonSchema>): Json[] {
  const isByRef = url.includes(':ref');
  const ref = {
    ...{ name: 'ref', in: 'path', required: true, schema: { type: 'string' } },
    description: 'A name, an id or a unique prefix of an id.',
  };
  const asked = query === undefined ? {} : convert(query, 'input', components);
  const scope = isByRef ? convert(SCOPE, 'input', components) : {};
  const properties = { ...asked.properties, ...scope.properties };
  const named = Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: 'query', required: asked.required?.includes(name) ?? false, schema },
    ...(description === undefined ? {} : { description }),
  }));
  return isByRef ? [ref, ...named] : named;
}

/** Objects with an id move to the components. */
function convert(schema: z.ZodType, io: 'input' | 'output', components: Map<string, JsonSchema>): JsonSchema {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = rewritten(z.toJSONSchema(schema, { unrepresentable: 'any', io }) as JsonSchema);
  for (const [id, definition] of Object.entries($defs)) components.set(id, definition);
  return root;
}

/** With the references of the document. */
function rewritten<T>(value: T): T {
  const text = JSON.stringify(value, (key, inner) =>
    key === 'id' && typeof inner === 'string' ? undefined : inner,
  );
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'));
}
