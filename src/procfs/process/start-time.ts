// The start time of a process as ps prints it.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LSTART = /^\w{3} (\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/** `lstart` of ps in UTC and the C locale, `Sat Nov 28 19:48:01 2026`, in seconds since the epoch. Null for other text. */
export function parseStartTime(text: string): number | null {
  const [, month = '', day, hours, minutes, seconds, year] = LSTART.exec(text) ?? [];
  const place = MONTHS.indexOf(month);
  if (place < 0) return null;
  const parts = [day, hours, minutes, seconds].map(Number) as [number, number, number, number];
  return Date.UTC(Number(year), place, ...parts) / 1000;
}
