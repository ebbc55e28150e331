// babysit run: submits a command with its estimates.
import type { RunBody, TaskView } from '../../src/api/shapes.ts';
import { BabysitError, EXIT } from '../../src/core/errors.ts';
import { isTaskName, NAME_RULE } from '../../src/core/task.ts';
import { parseDuration, parseDurationOrOff } from '../../src/units/duration.ts';
import { parseCores, parsePercent } from '../../src/units/number.ts';
import { parseSize } from '../../src/units/size.ts';
import type { FlagSpecs, Flags, Parsed } from '../argv.ts';
import { type Context, defineCommand } from '../command.ts';
import { findCwd, findOwner, findProject, taskEnv } from '../project.ts';
import { call } from '../session.ts';
import { taskView } from '../task-view.ts';

const FLAGS = {
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
  ],
  run: submit,
});

async function submit(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const { output, session, full } = context;
  const task = await call<TaskView>(session, 'POST', '/v1/tasks', readRequest(parsed, context.env));
  const line = `queued: ${task.name}\n`;
  if (parsed.flags.wait) {
    output.talk(line);
    const { waitForTasks } = await import('../waiting.ts');
    return waitForTasks(context, [task.id], { any: false, timeoutMs: null });
  }
  // The one line is promised also where stdout is no terminal; only --json asks for the object.
  const asked = (parsed.flags as unknown as { json: boolean }).json;
  output.data(asked ? `${JSON.stringify(taskView(task, full))}\n` : line);
  return EXIT.ok;
}

/** What is typed is checked here, so that a mistake costs no daemon, and sent as it was typed. */
function readRequest(parsed: Parsed<typeof FLAGS>, env: NodeJS.ProcessEnv): RunBody {
  const { flags } = parsed;
  const cwd = findCwd(flags.cwd);
  const owner = findOwner(flags.owner, env);
  return {
    ...readCommand(parsed),
    ...checkName(flags.name),
    ...checkEstimates(flags),
    cwd,
    project: findProject(cwd),
    umask: process.umask(),
    env: taskEnv(env, flags.env),
    ...(owner === undefined ? {} : { owner }),
    ...(flags.queue ? { queue: true } : {}),
    ...(flags.force ? { force: true } : {}),
  };
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
  mem_pct_limit: parsePercent,
  cpu_pct_limit: parsePercent,
} as const;

function checkEstimates(flags: Flags<typeof FLAGS>): Partial<RunBody> {
  const typed: Record<string, string> = {};
  for (const [key, parse] of Object.entries(CHECKS)) {
    const text = flags[key as keyof typeof CHECKS];
    if (text === undefined) continue;
    parse(text, `--${key}`);
    typed[key] = text;
  }
  return typed;
}
