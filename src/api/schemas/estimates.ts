// What was learned of commands: GET /v1/estimates, POST /v1/estimates/forget.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { LEARNED_LEVELS } from '../../core/estimate.ts';
import { check } from './check.ts';
import { absolutePath } from './fields.ts';

const text = z.string();
const number = z.number();

const BASED_ON = {
  level: z
    .enum(LEARNED_LEVELS)
    .describe(
      'What the runs have in common: the command, its shape, its program and verb, or those elsewhere.',
    ),
  n: number.describe('Number of the runs.'),
  recent: z.array(number).describe('The use of the last runs, oldest first.'),
};

export const LEARNED_VIEW = z
  .strictObject({
    command: text.describe('The command, as it was asked for or submitted.'),
    subcommand: text.describe('Its program and verb.'),
    time: z
      .strictObject({
        expected_ms: number.describe('Half of the runs end by then.'),
        safe_ms: number.describe('Four of five runs end by then. A run without --estimated_time takes it.'),
        ...BASED_ON,
      })
      .nullable()
      .describe('Running time. Null: too few runs.'),
    mem: z
      .strictObject({ bytes: number.describe('What a run without an estimate is charged.'), ...BASED_ON })
      .nullable()
      .describe('Memory. Null: too few runs.'),
    cpu: z
      .strictObject({ cores: number.describe('What a run without an estimate is charged.'), ...BASED_ON })
      .nullable()
      .describe('CPU cores. Null: too few runs of more than five seconds.'),
  })
  .meta({ id: 'Learned', description: 'What earlier runs of a command used.' });
export type LearnedView = z.output<typeof LEARNED_VIEW>;

export const LEARNED_LIST = z
  .strictObject({ estimates: z.array(LEARNED_VIEW).describe('Newest command first.') })
  .meta({ id: 'LearnedList', description: 'What was learned of the commands of a project.' });
export type LearnedListView = z.output<typeof LEARNED_LIST>;

export const FORGOTTEN = z
  .strictObject({
    command: text.describe('The command.'),
    forgotten: number.describe('Keys that were removed: at most four. 0: nothing was known.'),
  })
  .meta({ id: 'Forgotten', description: 'The answer to `estimates --forget`.' });
export type ForgottenView = z.output<typeof FORGOTTEN>;

/** `command`: one shell line; null: the commands of the tasks of the project. */
export interface LearnedQuery {
  readonly project: string;
  readonly command: string | null;
}

export const LEARNED_QUERY = z.strictObject({ project: absolutePath, command: text.optional() });

export function parseLearnedQuery(query: unknown): LearnedQuery {
  const { project, command } = check(LEARNED_QUERY, query);
  return { project, command: command ?? null };
}

export function parseForget(body: unknown): { readonly project: string; readonly command: string } {
  const { project, command } = check(LEARNED_QUERY, body ?? {});
  if (command === undefined) throw new BabysitError('usage', 'command: is missing; give one shell line');
  return { project, command };
}
