// Submits a task: limits of disk and owner, admission, leases, and dependencies.
import type { TaskView } from '../api/schemas/task.ts';
import type { Config } from '../config/settings.ts';
import { counted } from '../core/counted.ts';
import { traitsOf } from '../core/engine-traits.ts';
import { BabysitError } from '../core/errors.ts';
import { statedEstimate } from '../core/estimate.ts';
import type { Lease } from '../core/lease.ts';
import { isActive, isEnded, ownerOf, TASK_ID_LENGTH, type Task, type TaskId } from '../core/task.ts';
import { causeOf } from '../core/transition/transition.ts';
import type { Engine } from '../engine/engine.ts';
import { pendingItem } from '../engine/live-tasks.ts';
import type { Profiles } from '../engine/profiles/profiles.ts';
import { holds, leaseItem } from '../engine/queue/leases.ts';
import { policyOf } from '../engine/rules.ts';
import type { UnitOfWork } from '../engine/unit-of-work.ts';
import type { FreeDisk } from '../procfs/disk.ts';
import { environmentOf, parentToken, type RunRequest } from '../request/request.ts';
import { suggestedCommand } from '../request/suggest.ts';
import { type Admission, admit } from '../scheduler/admission.ts';
import type { Blocked } from '../scheduler/explain.ts';
import type { Store } from '../store/store.ts';
import { formatSize } from '../units/size.ts';
import { resolveRef } from './lookup/resolve.ts';
import type { TaskAccess } from './lookup/task-access.ts';
import { companionNote } from './submission/companion.ts';
import { type SystemdParts, taskFrom } from './submission/new-task.ts';
import { SubmissionRate } from './submission/rate.ts';
import { noteOf } from './views/note.ts';
import type { LargestOutside } from './views/outside.ts';
import { refusal } from './views/refusal.ts';

/** A start makes about ten files. */
const MIN_FREE_INODES = 32;

/** With a longer queue the response to a submission has no predicted start: the plan costs too much time. */
const PLANNED_AT_ONCE = 500;

export interface SubmitDeps {
  readonly engine: Engine;
  readonly store: Store;
  readonly config: Config;
  readonly profiles: Profiles;
  readonly home: string;
  readonly systemd: SystemdParts;
  newId(nowMs: number): string;
  freeDisk(): FreeDisk;
  readonly largestOutside: LargestOutside;
}

export interface Submitted {
  readonly task: Task;
  /** True when `task` is an existing task with the same key. */
  readonly isDeduplicated: boolean;
}

/** `batch` names the batch of the task. */
export type Submit = (work: UnitOfWork, run: RunRequest, batch?: string) => Submitted;

/** Submits one task. Throws BabysitError for every refusal, and stores nothing then. */
export async function run(
  { engine }: Pick<SubmitDeps, 'engine'>,
  tasks: TaskAccess,
  submit: Submit,
  request: RunRequest,
): Promise<TaskView> {
  const { task, isDeduplicated } = await tasks.commit((work) => submit(work, request));
  const now = tasks.byId(task.id);
  const view = engine.live.queue.size <= PLANNED_AT_ONCE ? await tasks.planned(now) : tasks.view(now, null);
  if (isDeduplicated) return { ...view, deduplicated: true };
  return { ...view, ...noteOf(request.cpuCores, statedEstimate(task).cpuCores, companionNote(task)) };
}

export interface Tested {
  readonly task: Task;
  /** Why it would wait in the queue of this host; null: it would start, or its engine has a queue. */
  readonly blocked: Blocked | null;
}

/** Stages nothing. Throws BabysitError for what `Submit` would refuse for another reason than room. */
export type Test = (work: UnitOfWork, run: RunRequest) => Tested;

/** A submission that has passed the checks of disk, owner and references. */
interface Built {
  readonly task: Task;
  readonly parent: Task | null;
  /** The lease that it takes over. */
  readonly lease: Lease | null;
}

/** `submit` throws BabysitError for every refusal, and stages nothing then. */
export function createSubmit(deps: SubmitDeps): { readonly submit: Submit; readonly test: Test } {
  const { engine, store, config, profiles } = deps;
  const rate = new SubmissionRate(config['admission.max_submissions_per_second']);
  let diskCheckedAt: UnitOfWork | null = null;

  /** Checks once per round: a batch may have a thousand lines. */
  function checkDisk(work: UnitOfWork): void {
    if (diskCheckedAt === work) return;
    const { bytes, inodes } = deps.freeDisk();
    const floor = config['admission.min_free_disk'];
    if (bytes < floor)
      throw new BabysitError(
        'disk_full',
        `${formatSize(bytes)} is free in ${deps.home}, admission.min_free_disk is ${formatSize(floor)}`,
      );
    if (inodes < MIN_FREE_INODES)
      throw new BabysitError('disk_full', `${inodes} inodes are free in ${deps.home}`, {
        hint: 'Remove files from the disk that holds BABYSIT_HOME, for example with babysit clean. Running tasks keep running.',
      });
    diskCheckedAt = work;
  }

  function checkOwner(owner: string, monoMs: number): void {
    const waitMs = rate.take(owner, monoMs);
    if (waitMs > 0)
      throw new BabysitError('rate_limited', `${owner} submits tasks too fast`, { retry_after_ms: waitMs });
    const most = config['admission.max_pending_per_owner'];
    if (most > 0 && engine.live.pendingCountOf(owner) >= most)
      throw new BabysitError('queue_full', `${owner} already has ${counted(most, 'pending task')}`, {
        limit: most,
        hint: 'Wait for tasks to end, kill some, or raise the limit: babysit config show admission.max_pending_per_owner shows it.',
      });
  }

  function find(work: UnitOfWork, project: string, ref: string): Task {
    const found = work.byName(project, ref) ?? resolveRef(store, ref, project);
    return work.get(found.id) ?? found;
  }

  /** Admission counts only the queue, which does not hold tasks that wait for other tasks or a back-off. */
  function checkPending(admission: Admission, { after }: Task): Admission {
    const waits = admission.kind === 'queue' || (admission.kind === 'accept' && after !== null);
    const { maxPending } = profiles.capacity;
    if (!waits || engine.live.pendingCount < maxPending) return admission;
    return { kind: 'queue_full', maxPending };
  }

  /** The named lease, else a lease of the same owner that is large enough. */
  function leaseFor(run: RunRequest, task: Task): Lease | null {
    const need = pendingItem(task).need;
    if (run.lease === null) return engine.leases.fitting(ownerOf(task), need) ?? null;
    const lease = engine.leases.get(run.lease);
    if (lease === undefined)
      throw new BabysitError('lease_expired', `no lease has the id "${run.lease}"`, {
        lease: run.lease,
        suggested_command: suggestedCommand({ ...run, lease: null }),
      });
    return lease;
  }

  /** The running task inside which the caller waits; null: it does not wait, or is outside. */
  function parentFor(work: UnitOfWork, run: RunRequest): Task | null {
    const token = parentToken(run);
    const parent = token === null ? undefined : work.get(token.slice(0, TASK_ID_LENGTH) as TaskId);
    if (parent === undefined || !isActive(parent.state) || parent.state.attempt.token !== token) return null;
    if (parent.state.attempt.kill === null) return parent;
    throw new BabysitError('not_running', `"${parent.name}" is being killed, so no task starts inside it`, {
      name: parent.name,
      task_status: parent.state.status,
      hint: 'Run it without --wait to start a task that does not end with this one.',
    });
  }

  function add(work: UnitOfWork, run: RunRequest, task: Task, queued: boolean): void {
    work.add(task, environmentOf(run), { event: 'submitted', queued, forced: run.force });
    for (const other of task.after?.tasks ?? []) {
      const now = work.get(other.id) ?? store.byId(other.id);
      if (now === null || !isEnded(now.state)) continue;
      const cause = task.after?.mode === 'any' ? null : causeOf(now);
      work.change(task.id, { kind: 'dependency_ended', id: other.id, cause, at: work.now.wallMs });
    }
  }

  /** A task of an engine with a queue of its own: the loop hands it over as soon as nothing keeps it here. */
  function place(work: UnitOfWork, run: RunRequest, task: Task): Task {
    const refused = refusal(
      checkPending({ kind: 'queue' }, task),
      run,
      task.basis,
      work.now.wallMs,
      deps.largestOutside,
    );
    if (refused !== null) throw refused;
    add(work, run, task, true);
    return work.get(task.id) ?? task;
  }

  function known(work: UnitOfWork, { key, caller: { project } }: RunRequest): Task | null {
    const found = key === null ? null : (work.byKey(project, key) ?? store.byKey(project, key));
    return found && (work.get(found.id) ?? found);
  }

  function build(work: UnitOfWork, run: RunRequest, batch?: string): Built {
    const nowMs = work.now.wallMs;
    const { project } = run.caller;
    checkDisk(work);
    checkOwner(run.owner ?? run.caller.owner ?? project, work.now.monoMs);
    const parent = parentFor(work, run);
    const task = taskFrom(run, {
      ...(batch === undefined ? {} : { batch }),
      parent,
      config,
      capacity: profiles.capacity,
      largest: profiles.largest,
      id: deps.newId(nowMs) as TaskId,
      now: nowMs,
      systemd: deps.systemd,
      isNameTaken: (name) => work.byName(project, name) !== undefined,
      isNameKnown: (name) => work.byName(project, name) !== undefined || store.isNameKnown(project, name),
      find: (ref) => find(work, project, ref),
      history: store.learned.history,
      findCompanion: (ref) => engine.live.byName(project, ref) ?? work.get(ref as TaskId) ?? store.byId(ref),
    });
    // What runs inside a task needs no lease.
    const lease = parent !== null && run.lease === null ? null : leaseFor(run, task);
    return { task, parent, lease };
  }

  function admission({ task, lease }: Built, run: RunRequest, queue: boolean, nowMs: number): Admission {
    const submission = {
      item: pendingItem(task),
      limits: task.limits,
      queue,
      force: run.force,
      largest: profiles.largest,
      lease: lease === null ? null : leaseItem(lease),
    };
    return admit(engine.snapshot(), submission, nowMs, policyOf(config));
  }

  const submit: Submit = (work, run, batch) => {
    const nowMs = work.now.wallMs;
    const earlier = known(work, run);
    if (earlier !== null) return { task: earlier, isDeduplicated: true };
    const built = build(work, run, batch);
    const { task, parent, lease } = built;
    if (traitsOf(task).hasQueue) return { task: place(work, run, task), isDeduplicated: false };
    // A task that waits for others may wait for room as well, and one inside a task starts without.
    const queue =
      run.queue ||
      task.after !== null ||
      parent !== null ||
      (run.engine !== 'auto' && config['admission.when_full'] === 'queue');
    const admitted = checkPending(admission(built, run, queue, nowMs), task);
    const refused = refusal(admitted, run, task.basis, nowMs, deps.largestOutside);
    if (refused !== null) throw refused;
    const inner =
      parent === null || task.after !== null || run.force || lease !== null
        ? null
        : engine.innerStart(work, parent, task);
    const isQueued = parent === null || task.after !== null ? admitted.kind === 'queue' : inner === null;
    add(work, run, task, isQueued);
    if (!isQueued && task.after === null) {
      if (lease !== null) work.dropLease(lease);
      const hasLease = lease !== null && holds(lease, pendingItem(task).need);
      // The room is this task's from now on: no later submission of the round may take it.
      const takesRoom = !queue && engine.pressure().length === 0;
      if (run.force || hasLease || takesRoom)
        engine.start(work, task.id, { isExpress: admitted.kind === 'accept' && admitted.isExpress });
    }
    if (inner !== null) engine.start(work, task.id, { inner });
    return { task: work.get(task.id) ?? task, isDeduplicated: false };
  };

  const test: Test = (work, run) => {
    const built = build(work, run);
    const { task } = built;
    if (traitsOf(task).hasQueue) return { task, blocked: null };
    const admitted = admission(built, run, false, work.now.wallMs);
    if (admitted.kind === 'deny') return { task, blocked: admitted.why };
    const refused = refusal(admitted, run, task.basis, work.now.wallMs, deps.largestOutside);
    if (refused !== null) throw refused;
    return { task, blocked: null };
  };
  return { submit, test };
}
