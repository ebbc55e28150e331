// Which jobs are still those that the daemon means: a killed slurmctld gives the ids of the jobs that it has lost again.
import type { SlurmClient } from './client/slurm-client.ts';

export interface OwnJob {
  readonly id: string;
  readonly comment: string;
}

/** Ask right before a command that names a job by its id. Returns the ids of those that still have their comment. */
export async function stillOwn(
  client: Pick<SlurmClient, 'jobs'>,
  jobs: readonly OwnJob[],
): Promise<string[]> {
  const rows = await client.jobs(jobs.map(({ id }) => id));
  const comments = new Map(rows.map(({ id, comment }) => [id, comment]));
  return jobs.flatMap(({ id, comment }) => (comments.get(id) === comment ? [id] : []));
}
