// The page of JSON objects, from the routes and the schemas of their answers.
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { daemonRoutes } from '../../src/api/routes/daemon.ts';
import { inboxRoutes } from '../../src/api/routes/inbox.ts';
import { logRoutes } from '../../src/api/routes/log.ts';
import { observeRoutes } from '../../src/api/routes/observe.ts';
import { openApiRoute } from '../../src/api/routes/openapi.ts';
import { streamRoutes } from '../../src/api/routes/streams.ts';
import { taskRoutes } from '../../src/api/routes/tasks.ts';
import { PROBLEM, PROBLEM_FIELDS } from '../../src/api/schemas/problem.ts';
import type { Service } from '../../src/api/service.ts';
import { code, page, prose, table, words } from './markdown.ts';
import { type Schema, schemaOf, schemaTable, typeOf } from './schema-table.ts';

interface Route {
  readonly request: string;
  /** Null: plain text. */
  readonly answer: z.ZodType | null;
}

const UNITS = [
  ['`_ms`, `_s`', 'milliseconds, seconds'],
  ['`_bytes`', 'bytes'],
  ['`_cores`', 'cores; 0.5 is half a core'],
  ['`_pct`', 'percent'],
  [
    '`_at`, `at`, `since`, `_start`, `timestamp`',
    'time in UTC, ISO 8601, such as `2026-11-21T09:30:00.000Z`',
  ],
];

export function jsonPage(): string {
  const routes = listRoutes();
  const schemas = [...routes.flatMap(({ answer }) => answer ?? []), PROBLEM, PROBLEM_FIELDS].map(schemaOf);
  const objects = new Map(schemas.flatMap(({ $defs = {} }) => Object.entries($defs)));
  return page(
    'JSON',
    'src/api/routes and src/api/schemas',
    prose(
      'The daemon answers on its socket with these objects, and the commands print them. Without `--full` a command prints the fields that matter for the next step, and leaves out fields without a value.',
    ),
    prose('The end of a name says the unit or the form of its value:'),
    table(['name ends with', 'value'], UNITS),
    '## Requests',
    prose(
      'Requests go to `daemon.sock` in the state directory, as HTTP with JSON bodies. REF is a name, an id or a unique prefix of an id. An answer with several objects is a stream, one object a line. Every request may be answered with a [Problem](#problem).',
    ),
    table(
      ['request', 'answer'],
      routes.map(({ request, answer }) => [
        code(request),
        answer === null ? 'plain text' : typeOf(schemaOf(answer), ''),
      ]),
    ),
    ...[...objects].flatMap(([id, schema]) => object(id, schema)),
  );
}

function object(id: string, schema: Schema): string[] {
  return [`## ${words(id)}`, prose(schema.description ?? ''), schemaTable(schema, '')];
}

/** Registers the routes with an app that only takes notes. */
function listRoutes(): Route[] {
  const routes: Route[] = [];
  const add =
    (method: string) =>
    (path: string, options: { readonly config?: { readonly answer?: z.ZodType } }): void => {
      routes.push({
        request: `${method} ${path.replace(':ref', 'REF')}`,
        answer: options.config?.answer ?? null,
      });
    };
  const app = {
    get: add('GET'),
    post: add('POST'),
    delete: add('DELETE'),
    addHook: () => {},
  } as unknown as FastifyInstance;
  for (const register of [
    taskRoutes,
    logRoutes,
    streamRoutes,
    observeRoutes,
    inboxRoutes,
    daemonRoutes,
    openApiRoute,
  ])
    register(app, {} as Service, () => {});
  return routes;
}
