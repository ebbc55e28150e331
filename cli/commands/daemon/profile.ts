// babysit profile: how much of the host tasks get, shown or switched.
import type { ProfileView } from '../../../src/api/schemas/profile.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { isProfile, PROFILES, type ProfileName } from '../../../src/core/profile.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { nearest } from '../../input/nearest.ts';
import { humanCores, humanSize } from '../../output/human.ts';
import { alignedTable } from '../../output/table.ts';

export const command = defineCommand({
  usage: `profile [${PROFILES.join('|')}]`,
  about: `Without a word: what is in force and what each profile gives. With one: switches, until the schedule or somebody
switches again. Running tasks follow at once: cap and weight of the CPU, niceness; their memory caps stay. The thread caps
are those of tasks that start from then on. day leaves room for people (half the cores), night takes the host, normal is
what the settings say. profile.day.at and profile.night.at in the config switch by cron expressions.`,
  flags: {},
  examples: ['babysit profile', 'babysit profile day'],
  async run(context, { positionals }) {
    const [word, ...more] = positionals;
    if (more.length > 0) throw new BabysitError('usage', 'profile takes one word at most');
    const view =
      word === undefined
        ? await call<ProfileView>(context.session, 'GET', '/v1/profile')
        : await call<ProfileView>(context.session, 'POST', '/v1/profile', { profile: readProfile(word) });
    print(context, view, word !== undefined);
    return EXIT.ok;
  },
});

function readProfile(word: string): ProfileName {
  if (isProfile(word)) return word;
  const near = nearest(word, PROFILES);
  const hint = near ? `Did you mean ${near}?` : `One of ${PROFILES.join(', ')}.`;
  throw new BabysitError('usage', `profile: there is no "${word}"`, { hint });
}

/** After a switch only what is in force now, unless --full. */
function print({ output, full }: Context, view: ProfileView, isSwitch: boolean): void {
  const { profile, by, since, next, profiles } = view;
  if (output.json) {
    output.data(`${JSON.stringify(isSwitch && !full ? { profile, by, since, next } : view)}\n`);
    return;
  }
  const later = next === null ? '' : `; ${next.profile} follows at ${new Date(next.at).toLocaleString()}`;
  output.data(`${profile} (by ${by} since ${new Date(since).toLocaleString()})${later}\n`);
  if (isSwitch && !full) return;
  output.data(
    alignedTable(
      ['profile', 'cores', 'memory', 'weight', 'idle', 'nice', 'threads', 'at'],
      profiles.map((each) => [
        each.profile,
        humanCores(each.cpu_limit_cores),
        humanSize(each.mem_limit_bytes),
        String(each.cpu_weight),
        each.cpu_idle ? 'yes' : 'no',
        String(each.nice),
        String(each.threads_max),
        each.at,
      ]),
    ),
  );
}
