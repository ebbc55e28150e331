// babysit status: shows the host with its queue, or one task.
import type { StatusView } from '../../../src/api/schemas/status.ts';
import type { BlockedView, TaskView } from '../../../src/api/schemas/task.ts';
import { counted } from '../../../src/core/counted.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { taskIn } from '../../client/live.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { NAME_FLAG, oneRef, type Ref, taskPath, taskRefs } from '../../input/refs.ts';
import { holdText, scopeText, waitsText } from '../../output/hold-text.ts';
import { humanCores, humanDuration, humanOutside, humanSize, humanStart } from '../../output/human.ts';
import { localTime } from '../../output/local-time.ts';
import { canRedraw, roomOf, Screen } from '../../output/screen.ts';
import { hostView } from '../../output/short/short-host.ts';
import { statusView } from '../../output/short/short-view.ts';
import { paint } from '../../output/style.ts';
import { alignedTable, fieldLines } from '../../output/table.ts';
import { taskText } from '../../output/task-text.ts';
import { watch } from '../../watch.ts';

export const command = defineCommand({
  usage: 'status [NAME] [--watch]',
  about: `Without a name it prints the free capacity, the running tasks and the queue. With a name it prints what matters for the next
step; for a pending task why it waits and its expected start. JSON has at most 400 bytes; --full prints every field. To learn how
a task ends use babysit wait; do not poll.`,
  flags: {
    ...NAME_FLAG,
    watch: {
      kind: 'switch',
      short: 'w',
      help: 'show it again at each change, until Ctrl-C or the end of the task',
    },
  },
  examples: ['babysit status', 'babysit status build'],
  async run(context, parsed) {
    const { watch: isWatched } = parsed.flags;
    if (taskRefs(parsed).length === 0) return (isWatched ? watchHost : showHost)(context);
    return (isWatched ? watchTask : showTask)(context, oneRef(parsed, 'status'));
  },
});

async function showHost({ output, session, full }: Context): Promise<number> {
  const view = await call<StatusView>(session, 'GET', '/v1/status');
  output.result(full ? view : hostView(view), () => hostText(view, output.color, roomOf(output)));
  return EXIT.ok;
}

/** On a terminal at each frame; as JSON only when a task or a hold changes. */
async function watchHost(context: Context): Promise<number> {
  const { output, env, full } = context;
  const screen = canRedraw(output, env) ? new Screen(output) : null;
  let view = await call<StatusView>(context.session, 'GET', '/v1/status');
  await watch(context, async ({ status, running: rows }, hasChanged) => {
    if (hasChanged) view = await call<StatusView>(context.session, 'GET', '/v1/status');
    const used = new Map(rows.map((row) => [row.id, row]));
    const running = view.running.map((row) => {
      const {
        elapsed_ms = null,
        mem_bytes = row.mem_bytes,
        cpu_cores = row.cpu_cores,
      } = used.get(row.id) ?? {};
      return { ...row, elapsed_ms: elapsed_ms ?? row.elapsed_ms, mem_bytes, cpu_cores };
    });
    view = { ...view, ...status, running };
    if (screen !== null) screen.draw(hostText(view, output.color, roomOf(output)));
    else if (hasChanged) output.result(full ? view : hostView(view), () => hostText(view, false));
    return 'more';
  });
  return EXIT.ok;
}

/** Until the task has ended. */
async function watchTask(context: Context, ref: Ref): Promise<number> {
  const { output, env, session, full } = context;
  let task = await call<TaskView>(session, 'GET', taskPath(ref));
  const { id } = task;
  const screen = canRedraw(output, env) ? new Screen(output) : null;
  await watch(context, async (frame, hasChanged) => {
    const shown = taskIn(frame, { text: id, project: null });
    if (hasChanged) task = await call<TaskView>(session, 'GET', taskPath(id));
    else if (shown === undefined) return 'more';
    else task = { ...task, ...shown, command: task.command };
    if (screen !== null) screen.draw(taskText(task, full, output.color));
    else if (hasChanged)
      output.result(full ? task : statusView(task), () => taskText(task, full, output.color));
    return task.ended_at === null ? 'more' : 'done';
  });
  return EXIT.ok;
}

async function showTask({ output, session, full }: Context, ref: Ref): Promise<number> {
  const task = await call<TaskView>(session, 'GET', taskPath(ref));
  output.result(full ? task : statusView(task), () => taskText(task, full, output.color));
  return EXIT.ok;
}

function hostText(view: StatusView, color: boolean, room: number | null = null): string {
  const { host, daemon, capacity, tasks, pressure, holds, levers, notices, running, leases, queue } = view;
  const used = capacity.mem_running_bytes + capacity.mem_leased_bytes;
  const lines: [string, string][] = [
    ['host', `${host.hostname}, ${counted(host.cores, 'core')}, ${humanSize(host.mem_total_bytes)} memory`],
    [
      'daemon',
      `pid ${daemon.pid}, version ${daemon.version}, driver ${daemon.driver}${unenforcedText(daemon)}`,
    ],
    [
      'memory',
      `${humanSize(capacity.mem_available_bytes)} of ${humanSize(capacity.mem_limit_bytes)} free for tasks (tasks ${humanSize(used)}, others ${humanSize(capacity.mem_outside_bytes)})`,
    ],
    [
      'cpu',
      `${humanCores(capacity.cpu_available_cores)} of ${humanCores(capacity.cpu_limit_cores)} cores free for tasks${othersText(capacity)}`,
    ],
    [
      'tasks',
      `${tasks.running} running, ${tasks.paused} paused, ${tasks.pending} pending, ${tasks.tickets} waiting for room`,
    ],
  ];
  if (host.stalled.cpu_some_pct !== null) lines.push(['stalled', stalledText(host.stalled)]);
  if (host.outside.length > 0) lines.push(['outside', host.outside.map(outsideText).join('; ')]);
  for (const each of pressure) lines.push(['pressure', pressureText(each)]);
  for (const hold of holds) lines.push(['hold', heldText(hold)]);
  if (levers.length > 0) lines.push(['levers', levers.map(leverText).join('; ')]);
  for (const { what, reason, fix } of notices)
    lines.push(['note', escapeField(`${what}: ${reason}. ${fix}`)]);
  const live = running.map((row) => [
    row.name,
    row.owner,
    humanDuration(row.elapsed_ms),
    humanSize(row.mem_bytes),
    humanCores(row.cpu_cores),
  ]);
  const held = leases.map((row) => [
    row.id,
    row.owner,
    humanSize(row.mem_bytes),
    humanCores(row.cpu_cores),
    localTime(row.expires_at),
  ]);
  const waiting = queue.map((row) => [row.name, row.owner, whyText(row.waiting)]);
  const part = (header: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length > 0
      ? `\n${alignedTable(header, rows, { color, room, shortened: ['running', 'queue', 'owner'], omitted: ['owner'] })}`
      : '';
  const tables = [
    part(['running', 'owner', 'elapsed', 'mem', 'cpu'], live),
    part(['lease', 'owner', 'mem', 'cpu', 'until'], held),
    part(['queue', 'owner', 'waits'], waiting),
  ];
  return paintLines(fieldLines(lines), color) + tables.join('');
}

/** `force of build by ann (agent 1234) at 15:30` */
function leverText({ lever, of, by, at }: StatusView['levers'][number]): string {
  return escapeField(`${lever}${of === null ? '' : ` of ${of}`} by ${by} at ${localTime(at)}`);
}

/** What stops the queue, or needs a look. */
const WARNINGS = /^(?:pressure|hold|note) .*$/gm;

function paintLines(text: string, color: boolean): string {
  return text.replace(WARNINGS, (line) => paint(line, 'warning', color));
}

function othersText({ cpu_outside_cores: outside }: StatusView['capacity']): string {
  return outside === 0 ? '' : ` (others ${humanCores(outside)})`;
}

function outsideText(program: StatusView['host']['outside'][number]): string {
  const { name, processes, mem_bytes, cpu_cores, belongs_to } = program;
  const count = processes === 1 ? '' : ` (${processes})`;
  const whose = belongs_to === null ? '' : ` of ${escapeField(belongs_to)}`;
  return `${escapeField(name)}${count}${whose} ${humanSize(mem_bytes)} ${humanCores(cpu_cores)} cores`;
}

function unenforcedText({ not_enforced: missing }: StatusView['daemon']): string {
  return missing.length === 0 ? '' : ` (does not limit ${missing.join(', ')})`;
}

function pressureText({ dim, lasted_s, cause, detail }: StatusView['pressure'][number]): string {
  const { top_outside_name: name, top_outside_pid: pid, top_outside_rss_bytes: rssBytes } = detail ?? {};
  const { top_outside_of: origin } = detail ?? {};
  const whose = typeof origin === 'string' ? ` of ${escapeField(origin)}` : '';
  const outside =
    cause === 'external' && typeof name === 'string'
      ? `; the largest process outside of tasks is ${escapeField(name)}${whose} (pid ${pid}) with ${humanSize(Number(rssBytes))}`
      : '';
  return `the host has been short of ${dim} for ${humanDuration(1000 * lasted_s)}; no task starts until this ends${outside}`;
}

/** `all tasks held: call, by alice, until 15:30; 3 waiting, 2 running (done about 15:10:00)` */
function heldText(hold: StatusView['holds'][number]): string {
  const { held, running, expected_end, name } = hold;
  const done = running > 0 && expected_end !== null ? ` (done about ${localTime(expected_end)})` : '';
  return `${scopeText(hold, name)} ${holdText(hold)}; ${held} waiting, ${running} running${done}`;
}

function whyText(waiting: BlockedView | null): string {
  if (waiting === null) return 'is starting';
  const start = waiting.expected_start === null ? '' : `, ${humanStart(waiting)}`;
  if (waiting.dim === 'backoff') return `waits for its next attempt${start}`;
  const blockers =
    waiting.blocked_by.length === 0 || waiting.dim === 'after'
      ? ''
      : `, after ${waiting.blocked_by.join(', ')}`;
  return `${waitsText(waiting)}${blockers}${humanOutside(waiting)}${start}`;
}

/** Pressure stall information of the last 10 s. A high CPU value is normal on a busy host. */
function stalledText({ memory_full_pct, cpu_some_pct, io_full_pct }: StatusView['host']['stalled']): string {
  return `memory ${memory_full_pct} %, IO ${io_full_pct} % (all tasks), CPU ${cpu_some_pct} % (some tasks) of the last 10 s`;
}
