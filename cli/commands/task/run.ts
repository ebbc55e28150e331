// babysit run: submits a command with its estimates.
import type { BatchBody, RunBody, TaskView } from '../../../src/api/shapes.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { isTaskName, NAME_RULE, RETRY_CAUSES } from '../../../src/core/task.ts';
import { parseDuration, parseDurationOrOff } from '../../../src/units/duration.ts';
import { parseCores, parseCount, parsePercent } from '../../../src/units/number.ts';
import { parseSize } from '../../../src/units/size.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Flags, Parsed } from '../../input/argv.ts';
import { checkTyped } from '../../input/checked.ts';
import { readPriority } from '../../input/priority.ts';
import { findCwd, findOwner, findProject, taskEnv } from '../../input/project.ts';
import { taskView } from '../../output/task-view.ts';

export const FLAGS = {
  name: { kind: 'text', value: 'NAME', help: 'unique among live tasks; made from the command when left out' },
  command: { kind: 'text', value: 'LINE', help: 'one shell string, run by bash -c' },
  estimated_time: { kind: 'text', value: 'DURATION', help: 'how long it should take (default 10m)' },
  estimated_mem_bytes: {
    kind: 'text',
    value: 'SIZE',
    help: 'how much memory it should need (default 4G, less on small hosts)',
  },
  estimated_cpu_cores: {
    kind: 'text',
    value: 'N',
    help: 'how many cores it should keep busy (default 4, less on small hosts)',
  },
  kill_timeout: {
    kind: 'text',
    value: 'DURATION',
    aliases: ['timeout'],
    help: 'killed after it (default 2 x estimated_time)',
  },
  observability_interval: {
    kind: 'text',
    value: 'DURATION',
    help: 'killed when silent for so long (default 5m; 0 = never)',
  },
  observability: {
    kind: 'text',
    value: 'any|strict',
    help: 'strict: output that only repeats itself counts as silence',
  },
  mem_pct_limit: {
    kind: 'text',
    value: 'PERCENT',
    help: "most of the host's memory it may use (default 40)",
  },
  cpu_pct_limit: { kind: 'text', value: 'PERCENT', help: "most of the host's cores it may use (default 90)" },
  cwd: { kind: 'text', value: 'DIR', help: 'where to run it (default: here)' },
  env: { kind: 'list', value: 'K=V', help: 'over the environment of the caller; may be repeated' },
  owner: { kind: 'text', value: 'NAME', help: 'whose task it is (default: CLAUDE_CODE_SESSION_ID)' },
  queue: { kind: 'switch', help: 'wait in the queue when there is no room, instead of exit 2' },
  force: { kind: 'switch', help: 'skip the check for room (never the caps)' },
  priority: { kind: 'text', value: 'N', help: 'higher goes first in the queue, -100 to 100 (default 0)' },
  after: {
    kind: 'list',
    value: 'NAME[,NAME]',
    aliases: ['after_ok'],
    help: 'start when these have completed; fail when one does not',
  },
  after_any: { kind: 'list', value: 'NAME[,NAME]', help: 'start when these have ended, however' },
  retries: { kind: 'text', value: 'N', help: 'attempts beyond the first (default 0)' },
  retry_on: {
    kind: 'list',
    value: 'CAUSE[,CAUSE]',
    help: `what is tried again: ${RETRY_CAUSES.join(', ')} (default all)`,
  },
  retry_backoff: {
    kind: 'text',
    value: 'DURATION',
    help: 'before the first repetition, doubling up to 5m (default 5s)',
  },
  retry_raise_mem: {
    kind: 'switch',
    help: 'after running out of memory, try again with the estimate raised to the measured need',
  },
  key: {
    kind: 'text',
    value: 'KEY',
    help: 'a second run with the same key in this project is the first one',
  },
  context: { kind: 'text', value: 'JSON', help: 'kept with the task and handed back in status' },
  tag: { kind: 'list', value: 'TAG[,TAG]', help: 'for babysit list --tag' },
  requeue: {
    kind: 'switch',
    help: 'run again when the host restarts meanwhile, instead of ending interrupted',
  },
  nice: { kind: 'text', value: 'N', help: 'niceness, 0 to 19 (default 10; below that only as root)' },
  background: {
    kind: 'switch',
    help: 'in the lowest CPU and IO class: only what nobody else on the host wants',
  },
  pty: {
    kind: 'switch',
    help: 'in a terminal of its own, for programs that hold their output back in a pipe',
  },
  driver: {
    kind: 'text',
    value: 'auto|systemd',
    help: 'systemd: as a transient unit in babysit.slice, for systemctl and journalctl (default: config envelope.driver)',
  },
  journal: {
    kind: 'switch',
    help: "write the output also to systemd's journal, under the task's name, where there is one",
  },
  lease: { kind: 'text', value: 'ID', help: 'use the room wait_for_capacity holds' },
  batch: {
    kind: 'text',
    value: 'FILE',
    help: 'one JSON request a line (fields as these flags; - is stdin), one result a line; queued unless "queue":false',
  },
  wait: { kind: 'switch', help: 'then wait for its end, with the output and exit code of babysit wait' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'run [flags] --command LINE | run [flags] LINE | run [flags] -- PROGRAM ARG...',
  about: `Prints "queued: NAME" and returns at once. Exit 2 and one JSON line on stderr when there is no room now.
The task gets the environment and the directory of the caller, and hard caps of 3 x its estimates.`,
  flags: FLAGS,
  examples: [
    "babysit run --name=tests --estimated_time=5m --estimated_mem_bytes=2G --command='npm test'",
    'babysit run --wait --estimated_time=20m -- python train.py --epochs 3',
    'babysit run --name=report --after=train-1,train-2 --queue --command="python report.py"',
    `printf '{"name":"s%d","command":"./step %d"}\\n' 1 1 2 2 | babysit run --batch=- --estimated_mem_bytes=512M`,
  ],
  run: submit,
});

async function submit(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const { output, session, full } = context;
  const { flags } = parsed;
  const origin = readOrigin(flags, context.env);
  const options = readOptions(flags);
  if (flags.batch !== undefined) {
    refuseBeside(parsed);
    const { submitBatch } = await import('../../submit-batch.ts');
    return submitBatch(context, flags.batch, origin, options);
  }
  const body: RunBody = { ...readCommand(parsed), ...checkName(flags.name), ...options, ...origin };
  const task = await call<TaskView>(session, 'POST', '/v1/tasks', body);
  if (flags.journal && !task.journal)
    output.message('babysit: this host has no journal of systemd; the output goes to the log alone\n');
  const line = `queued: ${task.name}\n`;
  if (flags.wait) {
    output.message(line);
    const { waitForTasks } = await import('../../wait-for-tasks.ts');
    return waitForTasks(context, [task.id], { any: false, timeoutMs: null, owner: flags.owner });
  }
  // The one line is promised also where stdout is no terminal; only --json asks for the object.
  const asked = (flags as unknown as { json: boolean }).json;
  output.data(asked ? `${JSON.stringify(taskView(task, full))}\n` : line);
  return EXIT.ok;
}

/** Where the request comes from. */
function readOrigin(flags: Flags<typeof FLAGS>, env: NodeJS.ProcessEnv): BatchBody['common'] {
  const cwd = findCwd(flags.cwd);
  const owner = findOwner(flags.owner, env);
  return {
    cwd,
    project: findProject(cwd),
    umask: process.umask(),
    env: taskEnv(env, flags.env),
    ...(owner === undefined ? {} : { owner }),
  };
}

function readOptions(flags: Flags<typeof FLAGS>): Partial<RunBody> {
  const { after, after_any, retry_on, retries, key, lease } = flags;
  if (after.length > 0 && after_any.length > 0)
    throw new BabysitError('usage', '--after and --after_any exclude each other');
  return {
    ...checkTyped(flags, CHECKS),
    ...readPriority(flags.priority),
    ...(flags.queue ? { queue: true } : {}),
    ...(flags.force ? { force: true } : {}),
    ...(after.length > 0 ? { after: splitList(after) } : {}),
    ...(after_any.length > 0 ? { after_any: splitList(after_any) } : {}),
    ...(retries === undefined ? {} : { retries: parseCount(retries, '--retries', 0, 1000) }),
    ...(retry_on.length > 0 ? { retry_on: splitList(retry_on) } : {}),
    ...(flags.retry_raise_mem ? { retry_raise_mem: true } : {}),
    ...(key === undefined ? {} : { key }),
    ...(lease === undefined ? {} : { lease }),
    ...(flags.context === undefined ? {} : { context: readContext(flags.context) }),
    ...(flags.tag.length > 0 ? { tag: splitList(flags.tag) } : {}),
    ...(flags.requeue ? { requeue: true } : {}),
    ...(flags.nice === undefined ? {} : { nice: parseCount(flags.nice, '--nice', 0, 19) }),
    ...(flags.background ? { background: true } : {}),
    ...(flags.pty ? { pty: true } : {}),
    ...readChoice('driver', flags.driver),
    ...(flags.journal ? { journal: true } : {}),
    ...readChoice('observability', flags.observability),
  };
}

function readChoice(flag: 'observability' | 'driver', text: string | undefined): Partial<RunBody> {
  if (text === undefined) return {};
  const [one, other] = CHOICES[flag];
  if (text === one || text === other) return { [flag]: text };
  throw new BabysitError('usage', `--${flag}: "${text}" is neither ${one} nor ${other}`, {
    flag: `--${flag}`,
  });
}

const CHOICES = { observability: ['any', 'strict'], driver: ['auto', 'systemd'] } as const;

function readContext(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BabysitError(
      'usage',
      `--context: no JSON: ${(error as Error).message}. Example: '{"issue":7}'.`,
      {
        flag: '--context',
      },
    );
  }
}

function splitList(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** What belongs to one task has no place beside a file of many. */
function refuseBeside({ flags, positionals }: Parsed<typeof FLAGS>): void {
  const one = {
    command: flags.command ?? positionals[0],
    name: flags.name,
    key: flags.key,
    lease: flags.lease,
  };
  for (const [what, value] of Object.entries(one))
    if (value !== undefined)
      throw new BabysitError('usage', `--batch takes no ${what} beside it: each line has its own`, {
        flag: '--batch',
      });
  if (flags.wait)
    throw new BabysitError('usage', '--batch and --wait exclude each other', {
      hint: 'babysit wait takes the names or ids that --batch prints.',
    });
}

function readCommand({
  flags,
  positionals,
  dashed,
}: Parsed<typeof FLAGS>): Pick<RunBody, 'command' | 'argv'> {
  const [first] = positionals;
  if (flags.command !== undefined && first !== undefined)
    throw new BabysitError(
      'usage',
      `both --command and the word "${first}" were given; one of them is the command`,
    );
  const line = flags.command ?? (positionals.length === 1 && !dashed ? first : undefined);
  if (line === undefined && first === undefined)
    throw new BabysitError('usage', 'run needs a command', {
      hint: "babysit run --command='make test', or babysit run -- make test",
    });
  if ((line ?? first ?? '').trim() === '') throw new BabysitError('usage', 'the command is empty');
  return line === undefined ? { argv: positionals } : { command: line };
}

function checkName(name: string | undefined): { name?: string } {
  if (name === undefined) return {};
  if (!isTaskName(name))
    throw new BabysitError('usage', `--name: "${name}" is not a name: ${NAME_RULE}.`, { flag: '--name' });
  return { name };
}

const CHECKS = {
  estimated_time: parseDuration,
  estimated_mem_bytes: parseSize,
  estimated_cpu_cores: parseCores,
  kill_timeout: parseDuration,
  observability_interval: parseDurationOrOff,
  retry_backoff: parseDuration,
  mem_pct_limit: parsePercent,
  cpu_pct_limit: parsePercent,
} as const;
