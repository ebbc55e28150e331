// Recognizes a pause: a program that only lets time pass, or code of another language that does.

import { type Call, isFollowing, plainPath } from './call.ts';
import { FOREIGN_CALL, FOREIGN_LOOK, FOREIGN_PAUSES, INTERPRETERS, SHELL_LIKE, SLEEPERS } from './lists.ts';
import { babysitLook } from './looks.ts';
import type { Step } from './steps.ts';

export interface PauseTime {
  /** Null: unknown or without an end. */
  readonly seconds: number | null;
  /** The time of all turns of the loop around it: its words come from the loop. */
  readonly isTotal?: boolean;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

export function secondsOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([smhd]?)$/.exec(text);
  return match === null ? null : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
}

export function pauseOf(call: Call): PauseTime | null {
  const { name, texts, around } = call;
  const limit = around.limit === undefined ? null : secondsOf(around.limit);
  if (SLEEPERS.has(name)) {
    const times = texts.filter((text) => !text.startsWith('-')).map(secondsOf);
    const sum = times.some((time) => time === null)
      ? null
      : times.reduce((a = 0, b) => (a ?? 0) + (b ?? 0), 0);
    const isTotal = call.args.some(({ isWhole }) => !isWhole);
    return {
      isTotal,
      seconds: limit !== null && (sum === null || limit < (sum ?? 0)) ? limit : (sum ?? null),
    };
  }
  if (name === 'tail') {
    if (!isFollowing(name, texts) || texts.some((text) => text.startsWith('--pid'))) return null;
    // With a limit, following another file is a pause that shows something.
    return texts.includes('/dev/null') || (limit !== null && (call.element.isBare || !call.scope.isCaptured))
      ? { seconds: limit }
      : null;
  }
  // Without a file, or with one that has no end, they wait for nothing but the limit.
  const isEndless = texts.every((text) =>
    /^(?:(?:if=|of=)?\/dev\/(?:zero|u?random|null|full)|-)$/.test(text),
  );
  if (/^(?:cat|yes|dd|tee)$/.test(name) && limit !== null && isEndless && !call.scope.hasInput)
    return call.node.redirects.some(({ type }) => type === 'HereDoc') ? null : { seconds: limit };
  if (name === 'read') return readPause(call);
  if (name === 'ping') return pingPause(texts);
  if (!INTERPRETERS.test(name)) return null;
  const code = foreignCode(call);
  if (code === null || hasOtherWork(code)) return null;
  const pause = foreignPause(code);
  // A fraction of a second in a program is a part of what it does.
  return pause !== null && pause.seconds !== null && pause.seconds < 1 ? null : pause;
}

/** An agent's shell has no input: `read -t 5` is a sleep unless its input is a file or a pipe. */
function readPause({ texts, node, scope }: Call): PauseTime | null {
  const at = texts.findIndex((text) => /^-[a-z]*t/.test(text));
  if (at < 0 || scope.hasInput) return null;
  const isFile = node.redirects.some((redirect) => {
    if (redirect.type !== 'Redirect') return true;
    return redirect.operator === '<' && !/^<\(|\/dev\/(?:tty|zero|null)/.test(redirect.target?.text ?? '');
  });
  if (isFile) return null;
  const time = /^-[a-z]*t(.+)$/.exec(texts[at] ?? '')?.[1] ?? texts[at + 1] ?? '';
  return { seconds: secondsOf(time) };
}

/** `ping -c` of this host, or with many packets. */
function pingPause(texts: readonly string[]): PauseTime | null {
  const at = texts.findIndex((text) => /^-[cnw]\d*$/.test(text));
  const count = Number(texts[at]?.slice(2) || texts[at + 1]);
  const isOwn = texts.some((text) => /^(?:localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)$/.test(text));
  if (!isOwn && !(at >= 0 && count >= 5)) return null;
  return { seconds: Number.isFinite(count) ? count : null };
}

/** The code of an interpreter: after -c or -e, from standard input, or in a file of the same command. */
export function foreignCode({ name, texts, scope }: Call): string | null {
  // A program of awk is a filter, unless it runs others.
  if (name.endsWith('awk')) return texts.find((text) => /\bsystem\s*\(|\|\s*getline/.test(text)) ?? null;
  if (SHELL_LIKE.test(name)) {
    const from = texts.findIndex((text) => /^-c\w*$/i.test(text)) + 1;
    if (from > 0) return texts.slice(from).join(' ');
  }
  const at = texts.findIndex((text) => /^(?:-[a-zA-Z]*[ce]|--eval|--command|-[pr]|eval)$/.test(text));
  if (at >= 0) return texts.slice(at + 1).find((text) => !/^-\w/.test(text)) ?? null;
  const file = texts.find((text) => !text.startsWith('-'));
  if (file !== undefined) return scope.shared.scripts.get(plainPath(file))?.text ?? null;
  return scope.input?.text ?? null;
}

function foreignPause(code: string): PauseTime | null {
  for (const { pattern, unit } of FOREIGN_PAUSES) {
    const found = pattern.exec(code);
    if (found === null) continue;
    const value = Number((found[1] ?? '').replaceAll('_', ''));
    return { seconds: found[1] === undefined || Number.isNaN(value) ? null : value * unit };
  }
  return null;
}

/** Code that does more than import, pause and print is work that paces itself. */
function hasOtherWork(code: string): boolean {
  const rest = code
    .replace(/\b(?:import|from|require|use|print|console\.log|puts|echo|say)\b[^;\n]*/g, '')
    .replace(/^\s*#.*$/gm, '');
  return /\b(?:open|subprocess|os\.system|requests?|urllib|fetch|http|exec\w*|spawn\w*|socket|connect|main|system|train|def|class|read\w*|write\w*)\b/.test(
    rest,
  );
}

/** Code of another language that pauses between looks is a loop without a pause of the shell. */
export function foreignSteps(call: Call, own: { start: number; end: number }): Step[] | null {
  if (!INTERPRETERS.test(call.name)) return null;
  const code = foreignCode(call);
  if (code === null || !FOREIGN_LOOK.test(code)) return null;
  if (!SHELL_LIKE.test(call.name) && !FOREIGN_CALL.test(code)) return null;
  const look = babysitLook(call, own, code);
  const pause = foreignPause(code);
  if (pause === null && !/\bwhile\b|\bloop\b/.test(code)) return [look];
  const { element } = call;
  return [
    {
      kind: 'loop',
      type: 'watch',
      clause: [],
      body: [look],
      changes: new Set(),
      over: null,
      times: null,
      seconds: null,
      inside: own,
      own,
      element,
    },
  ];
}
