// Defines the fields of a request, one row each. Flags, JSON bodies, schemas, MCP inputs and suggested commands derive from
// this table.
import { COMMAND_FIELDS } from './fields/command.ts';
import { EXECUTION_FIELDS } from './fields/execution.ts';
import { LEASE_FIELDS } from './fields/lease.ts';
import { LIMIT_FIELDS } from './fields/limits.ts';
import { RECORD_FIELDS } from './fields/record.ts';
import { START_FIELDS } from './fields/start.ts';

export const FIELDS = {
  ...COMMAND_FIELDS,
  ...LIMIT_FIELDS,
  ...START_FIELDS,
  ...EXECUTION_FIELDS,
  ...RECORD_FIELDS,
  ...LEASE_FIELDS,
} as const;
