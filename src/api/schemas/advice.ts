// Advice about a declared estimate that is far from what earlier runs used.
import { z } from 'zod';
import { LEARNED_LEVELS } from '../../core/estimate.ts';

export const ADVICE = z.strictObject({
  dim: z.enum(['time', 'mem', 'cpu']).describe('The estimate it is about.'),
  declared: z.number().describe('The value of the caller: ms, bytes or cores.'),
  learned: z.number().describe('What earlier runs suggest, in the same unit.'),
  n: z.number().describe('Number of those runs.'),
  level: z.enum(LEARNED_LEVELS).describe('What those runs have in common, as in `estimates`.'),
  recent: z.array(z.number()).describe('The use of the last runs, oldest first.'),
  killed: z.number().describe('How many of them were killed for it, or cut short.'),
  hint: z.string().describe('What to change.'),
});
export type AdviceView = z.output<typeof ADVICE>;
