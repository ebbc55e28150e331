// Notifications: which events of which tasks go to which target. A task's own --on_end is a target of its own.
import type { TaskId, TaskStatus } from './task.ts';

/** `killed` is an end with that status. */
export const NOTIFY_EVENTS = ['ended', 'killed', 'runaway_risk', 'stall_risk'] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

export type NotifyAction =
  /** Run by bash, with the message on standard input and its values in the environment. */
  | { readonly kind: 'command'; readonly line: string }
  /** A POST request in the form of Standard Webhooks, signed with the secret in the file. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secretFile: string | null }
  | { readonly kind: 'desktop' }
  /** Writes the control character BEL to a terminal. */
  | { readonly kind: 'bell'; readonly terminal: string }
  /** A turn in a thread of Codex, through its app-server. `session`: the thread; null: the owner of the task. */
  | {
      readonly kind: 'codex';
      readonly endpoint: string;
      readonly session: string | null;
      readonly secretFile: string | null;
    }
  /** A prompt in a session of opencode, through its HTTP server. `session` as above. */
  | {
      readonly kind: 'opencode';
      readonly url: string;
      readonly session: string | null;
      readonly secretFile: string | null;
    };

/** The agent's session that a message goes to; undefined for an action without sessions, null when none is known. */
export function sessionOf(action: NotifyAction, owner: string | null): string | null | undefined {
  return action.kind === 'codex' || action.kind === 'opencode' ? (action.session ?? owner) : undefined;
}

/** A filter that is null matches every task. */
export interface NotifyTarget {
  readonly name: string;
  readonly on: readonly NotifyEvent[];
  readonly owner: string | null;
  readonly project: string | null;
  readonly tag: string | null;
  /** Only ends with one of these statuses. */
  readonly statuses: readonly TaskStatus[] | null;
  readonly action: NotifyAction;
}

/** One event for one target. Times are epoch ms. */
export interface Delivery {
  /** Name of the target, or `on_end of ID`. */
  readonly target: string;
  /** Number of the event. */
  readonly seq: number;
  readonly taskId: TaskId;
  readonly attempts: number;
  /** When the next attempt is due. */
  readonly nextAt: number;
  /** Why the last attempt failed; null: it succeeded, or there was none. */
  readonly error: string | null;
  /** When it was delivered, or given up if `error` is not null; null: neither. */
  readonly doneAt: number | null;
}
