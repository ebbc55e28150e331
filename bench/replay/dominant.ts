// Gives one owner most of the work of a trace, to see how a policy treats that owner and the others.
import { mulberry32 } from './shake.ts';
import type { Job, Trace } from './swf.ts';

type Derive = (trace: Trace, seed: number) => Trace;

const OWNER = 'dominant';
const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/**
 * `users`: users become one owner, which has 65 % of the work. `whole-machine`: the jobs of more than eight hours have one
 * owner, which also submits 24 floods of 14 jobs of about a minute that need every processor.
 */
export const DOMINANT: Readonly<Record<'users' | 'whole-machine', Derive>> = {
  users: mergedUsers,
  'whole-machine': wholeMachine,
};

const PART_OF_WORK = 0.65;

/** Takes users in an order that `seed` decides. Submissions, lengths, requests and what is learned of each user stay. */
function mergedUsers({ processors, jobs }: Trace, seed: number): Trace {
  const works = new Map<string, number>();
  for (const { user, processors: used, runMs } of jobs)
    works.set(user, (works.get(user) ?? 0) + used * runMs);
  const total = [...works.values()].reduce((sum, work) => sum + work, 0);
  const random = mulberry32(seed);
  const users = [...works.keys()].map((user) => ({ user, place: random() }));
  const merged = new Set<string>();
  let work = 0;
  for (const { user } of users.sort((a, b) => a.place - b.place)) {
    if (work >= PART_OF_WORK * total) break;
    merged.add(user);
    work += works.get(user) ?? 0;
  }
  return { processors, jobs: jobs.map((job) => (merged.has(job.user) ? { ...job, owner: OWNER } : job)) };
}

const LONG_MS = 8 * HOUR_MS;
const FLOODS = 24;
const JOBS_OF_FLOOD = 14;
const SHORT_MS = 60 * SECOND_MS;
const REQUESTED_MS = 300 * SECOND_MS;

function wholeMachine({ processors, jobs }: Trace, seed: number): Trace {
  const random = mulberry32(seed);
  const [first, last] = [jobs[0]?.submitMs ?? 0, jobs.at(-1)?.submitMs ?? 0];
  const floods = Array.from({ length: FLOODS }, (_, flood) => {
    const atMs = Math.round(first + (last - first) * random());
    return Array.from(
      { length: JOBS_OF_FLOOD },
      (_, n): Job => ({
        id: `flood-${flood}-${n}`,
        submitMs: atMs + 2 * n * SECOND_MS,
        runMs: Math.round(SHORT_MS * Math.exp(2 * random() - 1)),
        processors,
        requestedMs: REQUESTED_MS,
        ...{ user: OWNER, owner: OWNER },
      }),
    );
  });
  const own = jobs.map((job) => (job.runMs > LONG_MS ? { ...job, owner: OWNER } : job));
  return { processors, jobs: [...own, ...floods.flat()].sort((a, b) => a.submitMs - b.submitMs) };
}
