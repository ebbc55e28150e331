// The scheduling policies of a replay.
import { DEFAULT_POLICY, type Policy } from '../../src/scheduler/policy.ts';

const FCFS_EASY: Policy = { order: 'fcfs', backfill: 'easy', ageingMs: Number.POSITIVE_INFINITY };

export const POLICIES: Readonly<Record<string, Policy>> = {
  fcfs: { ...FCFS_EASY, backfill: 'none' },
  'fcfs-easy': FCFS_EASY,
  'fcfs-easy-shortest': { ...FCFS_EASY, candidates: 'shortest' },
  'fair-easy': { ...DEFAULT_POLICY, ageingMs: Number.POSITIVE_INFINITY },
  default: DEFAULT_POLICY,
};
