// Acts as a user for whom the modes of files hold: for root they do not.
export const NOBODY = 65_534;
export const IS_ROOT = process.geteuid?.() === 0;
/** Options of a test that needs a second user. */
export const AS_ROOT = { skip: IS_ROOT ? false : 'needs root' };

/** Calls `act` as the user who runs the test; as the user `nobody` if that is root. */
export function withoutRoot<T>(act: () => T): T {
  if (!IS_ROOT) return act();
  process.seteuid?.(NOBODY);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}
