// Routes of the inbox: take what nobody has seen yet, and report what was shown.
import type { FastifyInstance } from 'fastify';
import { eventView } from '../event-stream.ts';
import { parseInbox, parseSeen } from '../inbox-requests.ts';
import type { Service } from '../service.ts';
import type { InboxView } from '../shapes.ts';

export function inboxRoutes(app: FastifyInstance, service: Service): void {
  app.post('/v1/inbox', (request): InboxView => {
    const { events, more } = service.inbox(parseInbox(request.body));
    return { events: events.map((event) => eventView(service, event)), more };
  });
  // A wait is over when this is answered, so it is before the record has it. Lost, it is told again.
  app.post('/v1/inbox/seen', (request, reply) => {
    service.see(parseSeen(request.body));
    reply.code(202).send({ ok: true });
  });
}
