// babysit exec: runs a command as if it stood there alone, as a task.
import type { RunBody } from '../../../src/api/schemas/run.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { bodyFromFlags, flagsOf } from '../../../src/request/flags.ts';
import { call } from '../../client/session.ts';
import { widenLimits } from '../../client/wider-limits.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { ignoredSignals } from '../../input/ignored-signals.ts';
import { findCaller, findCwd } from '../../input/project.ts';
import { errorView } from '../../output/output.ts';
import { EarlyEnd } from '../../stream/early-end.ts';
import { passThrough } from '../../stream/pass-through.ts';
import { openReceipt, type Receipt } from '../../stream/receipt.ts';
import { standardStreams } from '../../stream/standard-streams.ts';

const {
  wait: _w,
  pty: _p,
  stdin: _s,
  queue: _q,
  retries: _r,
  retry_on: _o,
  retry_backoff: _b,
  retry_raise_mem: _m,
  ...FIELDS
} = flagsOf('run');
const FLAGS = {
  ...FIELDS,
  quiet: { kind: 'switch', short: 'q', help: 'print nothing on standard error, not even why the task waits' },
  tie: {
    kind: 'switch',
    help: 'end the task when this command is killed; without it the task keeps running',
  },
  receipt: { kind: 'text', value: 'FILE', help: 'write the end of the task to FILE, as JSON' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: "exec [flags] -- PROGRAM ARG... | exec [flags] 'LINE'",
  about: `Runs a command in the place where it stands: waits its turn in the queue, then passes standard input, output, errors and
signals, gives it a terminal when this command has one, and ends with its exit code or by its signal. It is a task like any other,
with estimates, caps, watchdog and log. When this command is killed the task keeps running, and babysit attach NAME continues.
Exit codes of its own: 125 babysit failed, 126 the program is not executable, 127 the program was not found.`,
  flags: FLAGS,
  failureExit: EXIT.noOwnCode,
  examples: [
    'babysit exec -- make -j4 2>&1 | tail -5',
    'babysit exec --estimated_time=20m --estimated_mem_bytes=6G -- python train.py',
    `printf 'print(6 * 7)' | babysit exec -- python3 -`,
  ],
  run: exec,
});

/** What a shell puts in the place of `<(...)`. */
const SHELL_FILE = /^(--[\w-]+=)?\/(dev|proc\/self)\/fd\/([3-9]|\d\d+)$/;

async function exec(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const { quiet } = parsed.flags;
  const receipt = openReceipt(parsed.flags.receipt, context.output);
  const session = quiet ? { ...context.session, onStarted: () => {}, onSilent: () => {} } : context.session;
  try {
    return await execute({ ...context, session }, parsed, receipt);
  } catch (error) {
    const refusal = error instanceof BabysitError ? error : new BabysitError('internal', String(error));
    receipt?.keep(errorView(refusal, true));
    throw error;
  }
}

async function execute(
  context: Context,
  { flags, positionals, dashed }: Parsed<typeof FLAGS>,
  receipt: Receipt | null,
): Promise<number> {
  const { session, env } = context;
  const streams = standardStreams(env);
  const fields = bodyFromFlags('run', flags);
  if (flags.cwd !== undefined) fields.cwd = findCwd(flags.cwd);
  const [line] = positionals;
  if ((line === undefined) === (fields.command === undefined))
    throw new BabysitError('usage', 'exec needs one command', { hint: 'babysit exec -- make test' });
  const words =
    line === undefined ? {} : positionals.length === 1 && !dashed ? { command: line } : { argv: positionals };
  const substituted = positionals.find((word) => SHELL_FILE.test(word));
  if (substituted !== undefined)
    throw new BabysitError('usage', `${substituted} is open in your shell only, and not in the command`, {
      hint: "Let the command open it: put the whole line in quotes, as in babysit exec 'diff <(sort a) <(sort b)'.",
    });
  // A person at the terminal sees that it is silent.
  const interactive = streams.stdin === 'terminal' ? { observability_interval: 0 } : {};
  await widenLimits(session);
  const ignored = ignoredSignals(env);
  const caller = { ...findCaller(env, fields.cwd), streams, ...(ignored.length === 0 ? {} : { ignored }) };
  // With a key the request is repeated when the daemon dies before it has answered.
  const key = `exec-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const body: RunBody = { key, queue: true, wait: true, ...interactive, ...fields, ...words, caller };
  const early = new EarlyEnd(context, flags.name);
  const task = await early.submit(() => call<TaskView>(session, 'POST', '/v1/tasks', body));
  if (task === null) return early.ending ?? EXIT.noOwnCode;
  return passThrough(context, {
    task: task.id,
    name: task.name,
    attempt: Math.max(1, task.attempt),
    tie: flags.tie,
    quiet: flags.quiet,
    withStdin: streams.stdin !== 'null' && streams.stdin !== 'closed',
    hasTerminal: streams.stdout === 'terminal',
    receipt,
    early,
  });
}
