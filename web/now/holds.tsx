// Holds of people: what does not start, by whom, why and until when; and how to hold and release the whole queue.
import { useState } from 'preact/hooks';
import type { Frame } from '../../cli/client/frames.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { change } from '../client/request.ts';
import { Dialog } from '../parts/dialog.tsx';
import { hold as holdText } from '../text.ts';
import { ALL, scopesOf } from './hold-scopes.ts';

type Hold = Frame['status']['holds'][number];

export function Holds({ holds, mayAct }: { readonly holds: readonly Hold[]; readonly mayAct: boolean }) {
  return (
    <>
      {holds.map((hold) => (
        <div key={`${hold.scope}${hold.of}`} class="banner held">
          <p>
            <b>No start of {scopeOf(hold)}</b> {holdText(hold)}. {hold.held} waiting, {hold.running} still
            running.
          </p>
          {mayAct ? <Release hold={hold} /> : null}
        </div>
      ))}
    </>
  );
}

function scopeOf({ scope, of, name }: Hold): string {
  return scope === 'all' ? 'all tasks' : `${scope} ${name ?? of ?? ''}`;
}

function Release({ hold }: { readonly hold: Hold }) {
  const [isOpen, setOpen] = useState(false);
  const query = new URLSearchParams({ [hold.scope]: hold.of ?? '1' });
  return (
    <>
      <button type="button" class="small" onClick={() => setOpen(true)}>
        Release<span class="hidden"> {scopeOf(hold)}</span>
      </button>
      {isOpen ? (
        <Dialog
          title={`Release ${scopeOf(hold)}?`}
          confirm="Release"
          onConfirm={() => change('DELETE', `/v1/hold?${query}`)}
          onClose={() => setOpen(false)}
        >
          <p>
            {hold.held} waiting tasks may start in their order. The hold is {holdText(hold)}.
          </p>
        </Dialog>
      ) : null}
    </>
  );
}

interface HoldQueueProps {
  /** Their owners, projects and tags are the scopes to choose from. */
  readonly rows: readonly LiveTask[];
}

/** The daemon takes the time and the reason as text. */
export function HoldQueue({ rows }: HoldQueueProps) {
  const [isOpen, setOpen] = useState(false);
  const [scope, setScope] = useState(ALL);
  const [lasting, setLasting] = useState('30m');
  const [reason, setReason] = useState('');
  const confirm = () =>
    change('POST', '/v1/hold', {
      ...(JSON.parse(scope) as object),
      ...(lasting.trim() === '' ? {} : { for: lasting }),
      ...(reason.trim() === '' ? {} : { reason }),
    });
  return (
    <>
      <button type="button" class="small" onClick={() => setOpen(true)}>
        Hold the queue
      </button>
      {isOpen ? (
        <Dialog
          title="Hold the queue?"
          confirm="Hold the queue"
          onConfirm={confirm}
          onClose={() => setOpen(false)}
        >
          <p>No task starts until the time is over or the hold is released. Running tasks keep running.</p>
          <label class="field">
            <span>Tasks</span>
            <select value={scope} onChange={(event) => setScope(event.currentTarget.value)}>
              {scopesOf(rows).map(({ target, text }) => (
                <option key={target} value={target}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>
              For <small>such as 30m or 2h; empty: until it is released</small>
            </span>
            <input value={lasting} onInput={(event) => setLasting(event.currentTarget.value)} />
          </label>
          <label class="field">
            <span>
              Reason <small>for everyone who waits</small>
            </span>
            <input value={reason} maxLength={100} onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
        </Dialog>
      ) : null}
    </>
  );
}
