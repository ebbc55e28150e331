// Classifies a program that is neither a pause nor a look: could a pause before it belong to it?
import type { Call } from './call.ts';
import { FILTERS, GIT_VIEWS, QUIET, VIEWERS } from './lists.ts';
import type { Work } from './steps.ts';

export function workOf(call: Call): Work {
  const { name, texts, element, scope } = call;
  const port = probedPort(name, texts);
  if (port !== null) return { kind: 'work', need: 'probe', port, element };
  // The end of a look that runs in the background.
  const isOwnLook = scope.shared.isLookJob && texts.some((text) => /^(?:%|\$)/.test(text));
  return { kind: 'work', need: needOf(name, texts, scope.hasInput, isOwnLook), element };
}

function needOf(name: string, texts: readonly string[], hasInput: boolean, isOwnLook: boolean): Work['need'] {
  if (hasInput && (FILTERS.has(name) || QUIET.has(name))) return 'quiet';
  if (/^(?:test|\[)$/.test(name) && texts.some((text) => /^-[defhsLrwx]$/.test(text))) return 'viewer';
  if (QUIET.has(name)) return 'quiet';
  if (VIEWERS.has(name)) return 'viewer';
  const [first = '', second = ''] = texts.filter((text) => !text.startsWith('-'));
  switch (name) {
    case 'kill':
      return texts[0] === '-0' ? 'viewer' : isOwnLook ? 'quiet' : 'claims';
    case 'git':
      return GIT_VIEWS.has(first) ? 'quiet' : 'claims';
    case 'docker':
    case 'podman':
    case 'kubectl':
    case 'systemctl':
    case 'gh':
      return /^(?:ps|logs|images|stats|get|top|status|is-active|list|view)$/.test(
        first === 'compose' ? second : first,
      )
        ? 'viewer'
        : 'claims';
    default:
      return 'claims';
  }
}

/** `curl localhost:3000`, `nc -z localhost 5432`, `</dev/tcp/…`. */
function probedPort(name: string, texts: readonly string[]): number | null {
  const text = texts.join(' ');
  const isPort = (found: RegExpExecArray | null) => (found?.[1] === undefined ? null : Number(found[1]));
  const own = String.raw`(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])`;
  if (/^(?:curl|wget|http|https|xh)$/.test(name)) return isPort(new RegExp(`${own}:(\\d+)`).exec(text));
  if (/^(?:nc|ncat|netcat)$/.test(name)) return isPort(new RegExp(`${own}\\s+(\\d+)`).exec(text));
  if (name === 'pg_isready') return isPort(/-p\s*(\d+)/.exec(text));
  return null;
}
