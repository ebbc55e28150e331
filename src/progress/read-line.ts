// Reads one line of output: a form of progress (see forms.ts), an ETA, failures and measures.
import { durationAt } from './duration.ts';
import { readForms } from './forms.ts';
import { plainLine } from './plain-line.ts';
import type { Reading } from './reading.ts';

const MEASURES_SHOWN = 3;
const MEASURE =
  /(?<![\w.])((?:(?:train|val|valid|validation|test|eval|avg|mean|running)[_ /-])?(?:loss|acc|accuracy|ppl|perplexity|bleu|f1|auc|rmse|mae|reward))(?: ?[=:] ?|(?<=loss)\s+)(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.]*\/)/gi;

/** Returns null when the line reports no progress. */
export function readLine(line: string): Reading | null {
  const plain = plainLine(line);
  const form = readForms(plain);
  const etaMs = form?.etaMs ?? etaIn(plain, form !== null);
  const failed = form === null ? null : (form.failed ?? failedIn(plain));
  const note = noteIn(plain);
  if (form === null && etaMs === null && note === null) return null;
  return {
    ...form,
    ...(etaMs === null ? {} : { etaMs }),
    ...(failed === null ? {} : { failed }),
    ...(note === null ? {} : { note }),
  };
}

/** After the word ETA anywhere; next to `left` and `remaining` only on a line with a count. */
function etaIn(line: string, isCounted: boolean): number | null {
  const labeled = /\beta\b\s*(.*)/i.exec(line);
  if (labeled !== null) return durationAt(labeled[1] ?? '');
  if (!isCounted) return null;
  const after = /\b(?:remaining|left)\s*[:=]\s*(.*)/i.exec(line);
  if (after !== null) return durationAt(after[1] ?? '');
  const before = /([~\d][\w:. ]{0,24}?) (?:remaining|left)\b/i.exec(line);
  return before === null ? null : lastDuration(before[1] ?? '');
}

/** The duration at the end of `42 of 100 items, 3m 20s` or `3m 20s`. */
function lastDuration(text: string): number | null {
  for (let at = 0; at < text.length; at += 1)
    if (/[~\d]/.test(text.charAt(at)) && !/[\d:.]/.test(text.charAt(at - 1))) {
      const found = durationAt(text.slice(at));
      if (found !== null) return found;
    }
  return null;
}

function failedIn(line: string): number | null {
  const found = /\b(\d+) (?:failed|failures?|errors?)\b/i.exec(line) ?? /\bfailed ?[=:] ?(\d+)/i.exec(line);
  return found === null ? null : Number(found[1]);
}

function noteIn(line: string): string | null {
  const measures = [...line.matchAll(MEASURE)].slice(0, MEASURES_SHOWN);
  return measures.length === 0 ? null : measures.map(([, name, value]) => `${name}=${value}`).join(' ');
}
