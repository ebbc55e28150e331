// babysit run: submits a command with its estimates.
import type { TestRunView } from '../../../src/api/schemas/capacity.ts';
import type { RunBody } from '../../../src/api/schemas/run.ts';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { bodyFromFlags, flagsOf } from '../../../src/request/flags.ts';
import { parseFields, rowsOf } from '../../../src/request/parse.ts';
import type { Body } from '../../../src/request/request.ts';
import { parseCount } from '../../../src/units/number.ts';
import { openIdFile } from '../../client/id-file.ts';
import { TAIL_MAX } from '../../client/log/log-tail.ts';
import { call, type Session } from '../../client/session.ts';
import { widenLimits } from '../../client/wider-limits.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { findCaller, findCwd } from '../../input/project.ts';
import { testView } from '../../output/short/short-test.ts';
import { assumedText, startText, testText } from '../../output/start-text.ts';
import { taskView } from '../../output/task-output.ts';

export const FLAGS = {
  ...flagsOf('run'),
  exit_code: { kind: 'switch', help: "with --wait: end with the task's own exit code" },
  tail: {
    kind: 'text',
    value: 'N',
    help: 'with --wait: lines of the log with the end of a task that did not complete (default: 10)',
  },
  id_file: {
    kind: 'text',
    value: 'FILE',
    help: 'write the id of the task to FILE, durably, before it returns or waits',
  },
  batch: {
    kind: 'text',
    value: 'FILE',
    help: 'file of JSON requests, one per line, with these flags as fields; - is stdin; queues each unless "queue":false',
  },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'run [flags] --command LINE | run [flags] LINE | run [flags] -- PROGRAM ARG...',
  about: `Submits a command with its estimates, prints "queued: NAME" and returns at once; on stderr whether the task started, or when
it is expected to and behind which tasks. Without free capacity it prints one JSON line on stderr, at most 400 bytes without
--full, and exits 2. The task gets the caller's environment and directory, and hard caps of 3 x its estimates.`,
  flags: FLAGS,
  examples: [
    "babysit run --name=tests --estimated_time=5m --estimated_mem_bytes=2G --command='npm test'",
    'babysit run --wait --estimated_time=20m -- python train.py --epochs 3',
    'babysit run --test_only --estimated_mem_bytes=8G -- python train.py',
    'babysit run --name=report --after=train-1,train-2 --queue --command="python report.py"',
    `printf '{"name":"s%d","command":"./step %d"}\\n' 1 1 2 2 | babysit run --batch=- --estimated_mem_bytes=512M`,
  ],
  run: submit,
});

async function submit(context: Context, parsed: Parsed<typeof FLAGS>): Promise<number> {
  const { output, session, full } = context;
  const { flags } = parsed;
  const fields = readRunFlags(parsed);
  if (flags.exit_code && !flags.wait)
    throw new BabysitError('usage', '--exit_code needs --wait', { flag: '--exit_code' });
  if (flags.tail !== undefined && !flags.wait)
    throw new BabysitError('usage', '--tail needs --wait', {
      flag: '--tail',
      hint: 'babysit log NAME --tail=N prints the end of a log.',
    });
  const tail = flags.tail === undefined ? undefined : parseCount(flags.tail, '--tail', 0, TAIL_MAX);
  const caller = findCaller(context.env, fields.cwd);
  await widenLimits(session);
  if (flags.batch !== undefined) {
    refuseWithBatch(fields);
    if (flags.id_file !== undefined)
      throw new BabysitError('usage', '--batch and --id_file exclude each other', {
        flag: '--id_file',
        hint: 'The answer to --batch has the id of each line.',
      });
    const { submitBatch } = await import('../../submit-batch.ts');
    return submitBatch(context, flags.batch, caller, fields);
  }
  if (fields.command === undefined && fields.argv === undefined)
    throw new BabysitError('usage', 'run needs a command', {
      hint: "babysit run --command='make test', or babysit run -- make test",
    });
  const body: RunBody = { ...fields, caller };
  if (flags.test_only) return testOnly(context, body, flags.id_file);
  const task = await submitTo(session, body, flags.id_file);
  if (flags.journal && !task.journal)
    output.message('babysit: this host has no systemd journal; the output goes only to the log\n');
  if (task.warning !== undefined) output.message(`babysit: ${task.warning}\n`);
  if (task.note !== undefined) output.message(`babysit: ${task.note}\n`);
  const assumed = task.deduplicated === true ? null : assumedText(task, fields);
  if (assumed !== null) output.message(`babysit: ${assumed}\n`);
  const line = `queued: ${task.name}\n`;
  if (flags.wait) {
    output.message(line);
    const { waitForTasks } = await import('../../wait-for-tasks.ts');
    return waitForTasks(context, [{ text: task.id, project: null, name: task.id }], {
      any: false,
      timeoutMs: null,
      owner: flags.owner,
      exitCode: flags.exit_code,
      tail,
    });
  }
  // Not output.result: scripts rely on this line, so only --json prints the object.
  const asked = (flags as unknown as { json: boolean }).json;
  output.data(asked ? `${JSON.stringify(taskView(task, full))}\n` : line);
  if (!asked) output.message(`babysit: ${task.name} ${startText(task, Date.parse(task.submitted_at))}\n`);
  return EXIT.ok;
}

async function testOnly({ output, session, full }: Context, body: RunBody, idFile?: string): Promise<number> {
  if (idFile !== undefined)
    throw new BabysitError('usage', '--test_only and --id_file exclude each other', { flag: '--id_file' });
  const view = await call<TestRunView>(session, 'POST', '/v1/tasks', body);
  // biome-ignore lint/plugin/no-wall-clock: a time relative to now, for people
  output.result(full ? view : testView(view), () => `${testText(view, Date.now())}\n`);
  return EXIT.ok;
}

async function submitTo(session: Session, body: RunBody, idFile: string | undefined): Promise<TaskView> {
  const file = idFile === undefined ? null : openIdFile(idFile);
  const task = await call<TaskView>(session, 'POST', '/v1/tasks', body).catch((error: unknown) => {
    file?.discard();
    throw error;
  });
  file?.write(task.id);
  return task;
}

/** The typed fields with command and directory. Throws BabysitError usage or bad_cwd. */
export function readRunFlags({ flags, positionals, dashed }: Parsed<typeof FLAGS>): Partial<Body<'run'>> {
  const fields = bodyFromFlags('run', flags);
  if (flags.cwd !== undefined) fields.cwd = findCwd(flags.cwd);
  const [first] = positionals;
  if (first === undefined) return fields;
  if (flags.command !== undefined)
    throw new BabysitError(
      'usage',
      `--command and the word "${first}" exclude each other: both are the command`,
    );
  const words = positionals.length === 1 && !dashed ? { command: first } : { argv: positionals };
  parseFields('run', words);
  return { ...fields, ...words };
}

/** A batch is incompatible with flags of a single task. */
function refuseWithBatch(fields: Partial<Body<'run'>>): void {
  for (const [name, { batch }] of rowsOf('run')) {
    if (batch === undefined || !(name in fields)) continue;
    const what = name === 'argv' || name === 'command' ? 'a command' : `--${name}`;
    throw new BabysitError('usage', `--batch and ${what} exclude each other`, {
      flag: '--batch',
      hint:
        batch === 'never'
          ? 'Run babysit wait with the names or ids that --batch prints.'
          : 'Give it in each line of the file.',
    });
  }
}
