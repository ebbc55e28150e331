// Reads a stored GroupRef back; what does not fit was written by something else and is refused.
import type { GroupRef } from '../core/task.ts';
import { DriverError } from './port.ts';

export function stringIn(ref: GroupRef, key: string): string {
  const value = ref[key];
  if (typeof value === 'string') return value;
  throw new DriverError('EREF', JSON.stringify(ref), `a ${ref.driver} group reference lacks ${key}`);
}

export function numberIn(ref: GroupRef, key: string): number | null {
  const value = ref[key];
  return typeof value === 'number' ? value : null;
}

/** Group names become directory names. */
export function checkName(name: string): string {
  if (/^[a-zA-Z0-9-]+$/.test(name)) return name;
  throw new DriverError('EINVAL', name, 'a group name holds letters, digits and dashes only');
}
