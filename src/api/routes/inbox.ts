// Routes of the inbox: take unseen events, and report what was shown.
import type { FastifyInstance } from 'fastify';
import { OK } from '../schemas/daemon.ts';
import {
  INBOX,
  INBOX_VIEW,
  type InboxView,
  parseInbox,
  parseSeen,
  parseSent,
  SEEN,
  SENT,
} from '../schemas/inbox.ts';
import type { Service } from '../service.ts';
import { eventView } from '../streams/event-stream.ts';
import { answers } from './answer.ts';

export function inboxRoutes(app: FastifyInstance, service: Service): void {
  app.post('/v1/inbox', answers(INBOX_VIEW, { body: INBOX }), (request): InboxView => {
    const { events, more } = service.inbox(parseInbox(request.body));
    return { events: events.map((event) => eventView(service, event)), more };
  });
  // Answered before it is stored, because `wait` ends with this answer. When storing fails, the inbox repeats the event.
  app.post('/v1/inbox/seen', answers(OK, { body: SEEN, status: 202 }), (request, reply) => {
    service.see(parseSeen(request.body));
    reply.code(202).send({ ok: true });
  });
  app.post('/v1/inbox/sent', answers(OK, { body: SENT }), (request) => {
    service.sent(parseSent(request.body));
    return { ok: true } as const;
  });
}
