// Reads and checks the fields of a stored GroupRef.
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

export function checkName(name: string): string {
  if (/^[a-zA-Z0-9-]+$/.test(name)) return name;
  throw new DriverError('EINVAL', name, 'a group name may contain only letters, digits and dashes');
}
