// The settings of the Slurm engine: where the cluster is, what each job asks for, and how often it is asked.
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { flag, setting, timer } from './setting-kinds.ts';

/** A name of Slurm; `other` means that Slurm chooses. */
const nameOr = (other: 'auto' | 'none', pattern: RegExp, rule: string) => (key: string) =>
  z
    .union([
      z.literal(other).transform(() => null),
      z.string().regex(pattern, `${key}: ${rule}, or ${other}. Examples: ${other}, main`),
    ])
    .describe(`name or ${other}`);
const name = nameOr('auto', /^[A-Za-z0-9_][\w.+,-]*$/, 'must have only letters, digits and . _ + - ,');
const features = nameOr(
  'none',
  /^[\w[(][\w.+&|*()[\],:=-]*$/,
  'must be features of nodes, as --constraint takes them',
);
/** A backslash turns the file patterns of Slurm off, and a comma or control character breaks its flags. */
const pathOrAuto = (key: string) =>
  z
    .union([
      z.literal('auto').transform(() => null),
      z
        .string()
        .refine(
          (path) => isAbsolute(path) && !/\\|\p{Cc}/u.test(path),
          `${key}: must be an absolute path without a backslash, or auto. Examples: auto, /home/me/babysit-jobs`,
        ),
    ])
    .describe('absolute path or auto');

/** Flags of sbatch that change neither what babysit asks for nor what it reads. */
export const EXTRA_FLAGS = [
  'contiguous',
  'core-spec',
  'cpu-freq',
  'exclude',
  'exclusive',
  'gres-flags',
  'hint',
  'mcs-label',
  'network',
  'nice',
  'nodelist',
  'oversubscribe',
  'power',
  'prefer',
  'reservation',
  'switches',
  'tmp',
  'wckey',
] as const;

const extraFlags = (key: string) =>
  z
    .string()
    .transform((text, context) => {
      const words = text === 'none' ? [] : text.split(/\s+/).filter((word) => word !== '');
      for (const word of words) {
        const flag = /^--([a-z-]+)(=[^\p{Cc}]+)?$/u.exec(word)?.[1];
        if (flag === undefined || !EXTRA_FLAGS.some((known) => known === flag))
          context.addIssue({
            code: 'custom',
            message: `${key}: "${word}" is not allowed; allowed are ${EXTRA_FLAGS.map((each) => `--${each}`).join(', ')}. Examples: none, --exclusive --nice=100`,
          });
      }
      return words;
    })
    .describe('flags of sbatch, separated by spaces, or none');

export const SLURM_SETTINGS = {
  'engine.slurm.conf': setting(
    pathOrAuto,
    'auto',
    "Path of slurm.conf; auto is SLURM_CONF of the daemon, or where Slurm's programs look by themselves",
  ),
  'engine.slurm.shared_dir': setting(
    pathOrAuto,
    'auto',
    'Directory for the records and the output of jobs, which this host and all nodes see; auto is BABYSIT_HOME',
    'after_restart',
  ),
  'engine.slurm.partition': setting(
    name,
    'auto',
    'Partition of each job; auto is the default of the cluster',
  ),
  'engine.slurm.account': setting(name, 'auto', 'Account that jobs are charged to; auto is that of the user'),
  'engine.slurm.qos': setting(name, 'auto', 'Quality of service of each job; auto is that of the account'),
  'engine.slurm.constraint': setting(features, 'none', 'Features that the nodes of each job must have'),
  'engine.slurm.extra_flags': setting(
    extraFlags,
    'none',
    'More flags for sbatch, from a list of harmless ones',
  ),
  'engine.slurm.suspend': setting(
    flag,
    'false',
    'Pause by suspending the job, which frees its CPUs, instead of by signals; only operators of Slurm may',
  ),
  'engine.slurm.command_timeout': setting(
    timer,
    '10s',
    'Time after which a program of Slurm that gives no answer is killed',
  ),
  'engine.slurm.poll_min': setting(
    timer,
    '1s',
    'Time between two looks at the jobs while one is about to change',
  ),
  'engine.slurm.poll_max': setting(timer, '15s', 'Time between two looks at the jobs while nothing changes'),
} as const;
