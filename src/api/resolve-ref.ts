// Replaces the reference in the path of a request by the id of its task, before the route runs.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { check } from './schemas/check.ts';
import type { Service } from './service.ts';

/** Every route of one task takes it. Without `project`, a name may refer to a task of any project. */
export const SCOPE = z.object({
  project: z.string().optional().describe('The project in which a name is looked up first.'),
});

/** Add it before the routes: a hook applies only to later ones. A request with a wrong reference gets the error. */
export function resolveRefs(app: FastifyInstance, service: Pick<Service, 'resolve'>): void {
  app.addHook('preHandler', async ({ params, query }) => {
    const named = params as { ref?: string };
    if (named.ref === undefined) return;
    const { project } = check(SCOPE, query);
    named.ref = service.resolve(named.ref, project ?? null);
  });
}
