// The page of events, from the schemas of their fields.
import { EVENT, EVENT_FIELDS } from '../../src/api/schemas/events/events.ts';
import { HOST_EVENT_FIELDS } from '../../src/api/schemas/events/host-events.ts';
import { type EventName, INBOX_EVENTS, WAIT_EVENTS } from '../../src/core/events.ts';
import { code, page, prose, table } from './markdown.ts';
import { type Schema, schemaOf, schemaTable } from './schema-table.ts';

const OBJECTS_PAGE = 'json.md';

export function eventsPage(): string {
  const events = Object.entries({ ...EVENT_FIELDS, ...HOST_EVENT_FIELDS }).map(([name, fields]) => ({
    name: name as EventName,
    schema: schemaOf(fields),
  }));
  const { $defs = {} } = schemaOf(EVENT);
  return page(
    'Events',
    'src/core/events.ts and src/api/schemas/events/events.ts',
    prose(
      'An event is something that happened to a task, or to the starting of tasks. `babysit wait` prints events as they happen, and `babysit inbox` prints later what no reader has shown.',
    ),
    table(
      ['event', 'occurs when', '`wait`', 'inbox'],
      events.map(({ name, schema }) => [
        hasFields(schema) ? `[${name}](#${name})` : code(name),
        schema.description ?? '',
        WAIT_EVENTS.has(name) || name === 'ended' ? 'yes' : '',
        INBOX_EVENTS.has(name) ? 'yes' : '',
      ]),
    ),
    prose(
      'Streams also have lines that are not stored: [the progress](json.md#progress-line) of a task, and [the end of the daemon](json.md#daemon-stopping).',
    ),
    '## Fields of every event',
    schemaTable($defs.Event ?? {}, OBJECTS_PAGE),
    ...events
      .filter(({ schema }) => hasFields(schema))
      .flatMap(({ name, schema }) => [
        `## ${name}`,
        prose(schema.description ?? ''),
        schemaTable(schema, OBJECTS_PAGE),
      ]),
  );
}

function hasFields({ properties = {} }: Schema): boolean {
  return Object.keys(properties).length > 0;
}
