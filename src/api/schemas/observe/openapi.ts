// GET /v1/openapi.json.
import { z } from 'zod';

export const OPENAPI = z
  .looseObject({
    openapi: z.string().describe('Version of OpenAPI.'),
    paths: z.record(z.string(), z.unknown()).describe('Every route.'),
  })
  .meta({ id: 'OpenApi', description: 'This API as an OpenAPI document.' });
