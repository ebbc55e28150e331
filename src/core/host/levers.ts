// The levers: what costs other users of the host. Each use is an event of the host.

/** Each lever has the setting `agents.may_<lever>`. */
export const LEVERS = [
  'force',
  'config',
  'profile',
  'hold',
  'kill_others',
  'uninstall_hooks',
  'stop_daemon',
  'bypass',
] as const;
export type Lever = (typeof LEVERS)[number];

export function isLever(text: string): text is Lever {
  return LEVERS.some((lever) => lever === text);
}

/** Names the caller, percent-encoded. The command line sends it with the requests that pull a lever. */
export const CALLER_HEADER = 'babysit-caller';

/** One use of a lever. */
export interface LeverUse {
  readonly lever: Lever;
  /** The task, the setting or the profile; null: none. */
  readonly of: string | null;
  readonly by: string;
}
