// Answers a harness about a shell command: silence, advice, another command, or a refusal with the command to run instead.
import { inform, type Reply, refuse, replace, type ShellRequest, SILENT } from './harness.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const WHAT: Readonly<Record<Verdict['because'], string>> = {
  polls: 'this command polls. Run this instead, without sleep or loop',
  never_ends: 'this command never ends. Run this instead',
  kills_others: 'this command can end work that is not yours. Run this instead',
  third_look: 'this is the third look within three minutes at a task that still runs. Run this instead',
  heavy: 'heavy work must run under babysit',
};

export async function judge(request: ShellRequest, env: NodeJS.ProcessEnv): Promise<Reply> {
  const verdict = await verdictOf(request, env, true);
  if (verdict === null) return SILENT;
  switch (verdict.action) {
    case 'advise':
      return inform(request, adviceText(verdict));
    case 'deny':
      return refuse(request, refusalText(verdict, request));
    case 'rewrite': {
      const why = `babysit: rule "${verdict.route?.rule.name}" runs it in its turn`;
      return replace(request, verdict.instead, why) ?? refuse(request, refusalText(verdict, request));
    }
  }
}

/** Short, because an agent pays for each token. */
export function refusalText(verdict: Verdict, request: ShellRequest): string {
  const { because, instead, why, route } = verdict;
  const rule = route === undefined ? '' : ` (rule "${route.rule.name}"). Run this instead`;
  return `babysit: ${WHAT[because]}${rule}:\n${shown(instead)}\n${why}${background(verdict, request)}\n`;
}

function adviceText({ instead, why, route }: Verdict): string {
  return `babysit: this is heavy work (rule "${route?.rule.name}") on a host that others use. Run it through babysit:\n${shown(instead)}\n${why} For work in the background use babysit run, then babysit wait.`;
}

function shown(command: string): string {
  return command.includes('\n') ? command : `  ${command}`;
}

/** A wait that may take longer than the harness lets a command run. */
function background({ instead, because }: Verdict, { harness, isBackground, limitMs }: ShellRequest): string {
  if (because === 'heavy' || isBackground || !/\swait\s/.test(instead)) return '';
  const bound = /--timeout=(\d+)s/.exec(instead)?.[1];
  const isShort = bound !== undefined && limitMs !== null && Number(bound) * 1000 < limitMs;
  if (isShort) return '';
  return harness === 'claude'
    ? ' Run it with run_in_background: the wait may take longer than a command may.'
    : ' Start it in the background if you have other work.';
}
