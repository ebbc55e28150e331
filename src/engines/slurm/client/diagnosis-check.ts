// One check of the diagnosis, in the form that `babysit doctor` prints.

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly reason: string;
  /** Null when it passed. */
  readonly fix: string | null;
}

export function yes(what: string, reason: string): Check {
  return { what, ok: true, reason, fix: null };
}

export function no(what: string, reason: string, fix: string): Check {
  return { what, ok: false, reason, fix };
}
