// The OpenAPI document: it is one of version 3.1, lists every route with what it takes, and its schemas accept the answers.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { openApiValidator } from '../../test/support/rigs/openapi-validator.ts';

const text = z.string().min(1);
const SCHEMA = z.looseObject({});
const CONTENT = z.record(z.string().regex(/^[a-z]+\/[a-z.+-]+$/), z.strictObject({ schema: SCHEMA }));
/** Fixed fields and required ones of OpenAPI 3.1, https://spec.openapis.org/oas/v3.1.0, as far as the document uses them. */
const OPERATION = z.strictObject({
  operationId: z.string().regex(/^[a-zA-Z]+$/),
  parameters: z
    .array(
      z.strictObject({
        name: text,
        in: z.enum(['path', 'query']),
        required: z.boolean(),
        description: text.optional(),
        schema: SCHEMA,
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean(), content: CONTENT }).optional(),
  responses: z.record(
    z.string().regex(/^([1-5]\d\d|default)$/),
    z.strictObject({ description: text, content: CONTENT }),
  ),
});
const PATH_ITEM = z.partialRecord(z.enum(['get', 'post', 'delete', 'put', 'patch']), OPERATION);
const DOCUMENT = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: text,
    version: text,
    description: text,
    license: z.strictObject({ name: text, identifier: text }),
  }),
  servers: z.array(z.strictObject({ url: z.url(), description: text })),
  paths: z.record(z.string().startsWith('/'), PATH_ITEM),
  components: z.strictObject({ schemas: z.record(z.string().regex(/^[a-zA-Z0-9._-]+$/), SCHEMA) }),
});

async function documentOf(t: TestContext) {
  const parts = serviceOf(t);
  const { body } = await parts.ask('GET', '/v1/openapi.json');
  const document = DOCUMENT.parse(body);
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return { ...parts, document, operations, validator: openApiValidator(document) };
}

describe('the OpenAPI document', () => {
  it('is valid: fields, references, path parameters and unique ids', async (t) => {
    const { document, operations } = await documentOf(t);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(
      ([, ref = '']) => ref,
    );
    assert.ok(references.length > 50);
    for (const ref of new Set(references)) {
      assert.match(ref, /^#\/components\/schemas\//);
      assert.ok(Object.hasOwn(document.components.schemas, ref.slice('#/components/schemas/'.length)), ref);
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.deepEqual(ids, [...new Set(ids)]);
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = operation.parameters ?? [];
      assert.deepEqual(
        parameters.flatMap((one) => (one.in === 'path' ? one.name : [])),
        inPath,
        path,
      );
      assert.equal(new Set(parameters.map(({ name }) => name)).size, parameters.length, path);
    }
  });

  it('lists every route of the application, and no other', async (t) => {
    const { app, operations } = await documentOf(t);
    const printed = app.printRoutes({ commonPrefix: false });
    const above: string[] = [];
    const routes = [...printed.matchAll(/^([│ ]*)[├└]── (\S+) \(([A-Z, ]+)\)$/gm)].flatMap(
      ([, indent = '', part = '', methods = '']) => {
        const depth = indent.length / 4;
        above.splice(depth, above.length, part);
        const path = above.join('').replace(':ref', '{ref}');
        return methods.split(', ').flatMap((method) => (method === 'HEAD' ? [] : `${method} ${path}`));
      },
    );
    assert.ok(routes.length > 30, printed);
    assert.deepEqual(operations.map(({ method, path }) => `${method} ${path}`).sort(), routes.sort());
  });

  it('has the fields that each route accepts in a request', async (t) => {
    const { app, operations, document, run } = await documentOf(t);
    await run({ name: 'x', queue: true });
    for (const { method, path, operation } of operations) {
      const body = operation.requestBody?.content['application/json']?.schema;
      if (body === undefined || path === '/v1/daemon/stop') continue;
      const { properties } = z.looseObject({ properties: z.record(z.string(), z.unknown()) }).parse(body);
      const url = path.replace('{ref}', 'x');
      const payload = Object.fromEntries(
        [...Object.keys(properties), 'no_field'].map((name) => [name, null]),
      );
      const answer = await app.inject({ method: method as 'POST', url, payload });
      assert.equal(answer.statusCode, 400, `${method} ${path}`);
      const refused = /unknown field ([^;]*)/.exec(String(answer.json().detail))?.[1] ?? '';
      assert.ok(
        refused === '' || refused.startsWith('"no_field"'),
        `${method} ${path}: ${answer.json().detail}`,
      );
    }
    assert.ok(document.paths['/v1/tasks/{ref}/log']?.get?.parameters?.some(({ name }) => name === 'tail'));
  });

  it('accepts the answers of the service, and refuses others', async (t) => {
    const { ask, run, validator, operations } = await documentOf(t);
    await run({ name: 'x', queue: true });
    let checked = 0;
    for (const { method, path, operation } of operations) {
      const isJson = operation.responses['200']?.content['application/json'] !== undefined;
      if (method !== 'GET' || !isJson || path.endsWith('/range')) continue;
      const query = path === '/v1/select' ? '?pattern=x' : path === '/v1/estimates' ? '?project=/' : '';
      const { status, body } = await ask('GET', path.replace('{ref}', 'x') + query);
      assert.equal(status, 200, path);
      const faults = validator.answer(path);
      assert.equal(faults(body), '', path);
      if (path !== '/v1/openapi.json') assert.notEqual(faults({ ...body, no_field: 1 }), '', path);
      checked += 1;
    }
    assert.ok(checked >= 10, `${checked}`);
    const { body } = await ask('GET', '/v1/tasks/nothing');
    assert.equal(validator.at('components', 'schemas', 'Problem')(body), '');
  });
});
