// The view Now: the host, running tasks, the queue, the timeline, other programs, and recent ends.
import type { Live } from '../client/live.ts';
import { duration } from '../text.ts';
import { Ended } from './ended.tsx';
import { Holds } from './holds.tsx';
import { Host } from './host.tsx';
import { Outside } from './outside.tsx';
import { Queue } from './queue.tsx';
import { Running } from './running.tsx';
import { Timeline } from './timeline.tsx';

export function NowPage({ live: { frame, host, looks, mayAct } }: { readonly live: Live }) {
  if (frame === null) return <p class="empty">Waiting for the daemon…</p>;
  const { at: now, running, pending, ended, status } = frame;
  return (
    <>
      <h1 class="hidden">Now</h1>
      {status.pressure.map(({ dim, lasted_s }) => (
        <p key={dim} class="banner bad">
          The host has been short of {dim === 'mem' ? 'memory' : 'disk space'} for {duration(1000 * lasted_s)}
          . No task starts until this ends.
        </p>
      ))}
      {status.notices.map(({ what, reason, fix }) => (
        <p key={what} class="banner">
          <b>{what}:</b> {reason}. {fix}
        </p>
      ))}
      <Holds holds={status.holds} mayAct={mayAct} />
      <Host frame={frame} host={host} looks={looks} />
      <div class="columns">
        <div>
          <Running rows={running} count={status.tasks.running + status.tasks.paused} mayAct={mayAct} />
          <Queue running={running} rows={pending} count={status.tasks.pending} now={now} mayAct={mayAct} />
        </div>
        <div>
          <Timeline running={running} pending={pending} now={now} />
          <Ended rows={ended} now={now} />
          <Outside frame={frame} looks={looks} />
        </div>
      </div>
    </>
  );
}
