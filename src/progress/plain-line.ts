// Strips a line of output of terminal escapes, time stamps, log levels and names of remotes.
import { stripEscapes } from '../text/terminal.ts';

const TIME = String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d+)?`;
const PREFIXES: readonly RegExp[] = [
  // ISO 8601, as Python's logging prints it, and Go's log.
  new RegExp(String.raw`^\[?\d{4}[-/]\d\d[-/]\d\d[T ]${TIME}(?:Z| ?[+-]\d\d:?\d\d)?\]?[\s,]*`),
  new RegExp(String.raw`^\[?${TIME}\]?\s+`),
  // syslog: `Nov 21 14:30:00 host prog[123]: `
  new RegExp(String.raw`^[A-Z][a-z]{2} {1,2}\d{1,2} ${TIME} \S+ [\w./-]+(?:\[\d+\])?: `),
  // klog: `I1121 14:30:00.123456   1 main.go:42] `
  new RegExp(String.raw`^[IWEF]\d{4} ${TIME}\s+\d+ \S+\] `),
  /^[[(<]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|trace|debug|info|warn|warning|error)[\])>]?(?::[\w.]*:?|\s*-)?\s+/,
  /^(?:-\s+)?[\w.]+\s+-\s+(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR)\s+-\s+/,
  // pytest-xdist, MPI, docker compose: the name of the worker
  /^\[gw\d+\]\s+/,
  /^\[(?:rank|Rank|worker|Worker)[ :]?\d+\]:?\s*/,
  /^[\w.-]+\s+\|\s+/,
  /^remote:\s+/,
];
const READ_CHARS = 512;
/** Blanks and the characters of a drawn bar are cut to this length: patterns backtrack in long runs of them. */
const RUN_CHARS = 8;
const LONG_RUN = /\s{9,}|[━╸╺]{9,}|([^\w\s])\1{8,}/g;

/** At most the first 512 characters: a longer line has its progress at the start or not at all. */
export function plainLine(line: string): string {
  let text = stripEscapes(line.slice(0, 2 * READ_CHARS))
    .replace(LONG_RUN, (run) => run.slice(0, RUN_CHARS))
    .slice(0, READ_CHARS)
    .trim();
  for (const prefix of PREFIXES) text = text.replace(prefix, '');
  return text;
}
