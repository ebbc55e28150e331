// babysit profile: shows or switches the profile, which sets how much of the host tasks may use.
import type { ProfileView } from '../../../src/api/schemas/profile.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { PROFILES } from '../../../src/core/host/profile.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import { readChoice } from '../../input/choice.ts';
import { humanCores, humanSize } from '../../output/human.ts';
import { localTime } from '../../output/local-time.ts';
import { alignedTable } from '../../output/table.ts';

export const command = defineCommand({
  usage: `profile [${PROFILES.join('|')}]`,
  about: `Without a word it prints the profile in force and the limits of each profile. With a word it switches, until the schedule
or another request switches again. day leaves half of the cores to people, night uses the whole host, normal uses the settings.
A switch changes CPU cap, CPU weight and niceness of running tasks at once. Memory caps of running tasks stay, and thread caps
apply to tasks that start later. The cron expressions profile.day.at and profile.night.at in the settings switch on a schedule.`,
  flags: {},
  examples: ['babysit profile', 'babysit profile day'],
  async run(context, { positionals }) {
    const [word, ...more] = positionals;
    if (more.length > 0) throw new BabysitError('usage', `profile takes one word, not ${positionals.length}`);
    const view =
      word === undefined
        ? await call<ProfileView>(context.session, 'GET', '/v1/profile')
        : await call<ProfileView>(context.session, 'POST', '/v1/profile', {
            profile: readChoice(word, PROFILES, 'profile'),
          });
    print(context, view, word !== undefined);
    return EXIT.ok;
  },
});

/** Prints only the profile in force after a switch, unless --full. */
function print({ output, full }: Context, view: ProfileView, isSwitch: boolean): void {
  const { profile, by, since, next } = view;
  const isShort = isSwitch && !full;
  output.result(isShort ? { profile, by, since, next } : view, () => {
    const later = next === null ? '' : `; ${next.profile} follows at ${localTime(next.at)}`;
    const inForce = `${profile}, by ${by} since ${localTime(since)}${later}\n`;
    return isShort ? inForce : inForce + profileTable(view, output.color);
  });
}

function profileTable({ profiles }: ProfileView, color: boolean): string {
  return alignedTable(
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
    { color },
  );
}
