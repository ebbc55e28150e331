// The formats in which programs print progress. Each needs context: a bare number with `%` or `/` is as often a coverage,
// a date, a path or a ratio.
import { durationAt } from './duration.ts';
import { type Count, countOf, type Reading, shortText } from './reading.ts';

type Form = (line: string) => Reading | null;

/** `12.3 MB`. Used for ratios only, so it does not matter whether K is 1000 or 1024. */
const SIZE = String.raw`(\d+(?:\.\d+)?) ?(Bytes|[kKMGT]?i?B)?`;
const NUMBER = String.raw`(\d{1,3}(?:,\d{3})+|\d+)`;
/** `3/42`, `3 / 42`, `3 of 42`, `3 out of 42`, but no part of a date, path, address or version. */
const PAIR = String.raw`(?<![\d/.:,-])${NUMBER} ?(?:/| of | out of ) ?${NUMBER}(?![\d/-]|[.,:]\d|%)`;
const PERCENT = String.raw`(?<![\d.,])(\d{1,3}(?:\.\d+)?) ?%`;
/** A drawn bar, in brackets or of solid blocks. The first part of a bar ends at its first solid character: no backtracking. */
const BAR = String.raw`(?:[[|<][ >.*-]*[=#█▉▊▋▌▍▎▏░▒▓][ =#>.*█▉▊▋▌▍▎▏░▒▓-]*[\]|>]|(?<![━╸╺])[━╸╺]{5,}(?: [━╸╺]+)?)`;
const ITEM =
  '(?:epoch|step|iter|iteration|batch|batches|item|file|record|row|chunk|part|page|task|job|test|image|frame|sample|fold|trial|round|stage|shard|document|doc|layer|module|package|case|url|request|episode|generation|segment|block|example|object|query|queries|line)s?';
const DOING =
  '(?:reading|loading|receiving|resolving|counting|compressing|writing|updating|checking|unpacking|extracting|downloading|uploading|fetching|building|compiling|linking|processing|installing|training|validating|testing|converting|copying|syncing|indexing|encoding|decoding|scanning|generating|rendering|importing|exporting|migrating|evaluating|predicting|sampling|preparing|verifying|filtering|deleting|removing|crawling|transcoding|simulating|optimizing|tokenizing|resizing|embedding|parsing|analyzing|restoring|saving|sending|pushing|pulling|cloning)';
const DID =
  '(?:progress|processed|completed|finished|done|downloaded|uploaded|converted|imported|exported|copied|written|indexed|rendered|migrated|embedded|scanned|built|installed)';

/** The first form that matches wins. */
const FORMS: readonly Form[] = [
  tqdm,
  rich,
  git,
  rsync,
  meter,
  restic,
  aws,
  wgetDots,
  testSummary,
  withEpoch,
  bar,
  packageManager,
  docker,
  bracketed,
  counted,
  percent,
];

/** Reads a plain line (see plain-line.ts); null when it reports no progress. */
export function readForms(line: string): Reading | null {
  if (!/\d/.test(line)) return null;
  for (const form of FORMS) {
    const reading = form(line);
    if (reading !== null) return reading;
  }
  return null;
}

/** `Epoch 3:  42%|████▏     | 42/100 [00:10<00:14,  4.15it/s]`, and without a total `42it [00:10, 4.15it/s]`. */
function tqdm(line: string): Reading | null {
  const found = /^(?:(.*?):?\s+)?(\d{1,3})%\|[^|]*\|\s*(\S+?)\/(\S+)\s+\[[\d:]+<([^,\]]*)/.exec(line);
  if (found !== null) {
    const [, label = '', pct, done = '', total = '', left = ''] = found;
    return withPhase(label, {
      count: countOf(items(done), items(total), Number(pct) / 100),
      etaMs: durationAt(left),
    });
  }
  const open = /^(?:(.*?):?\s+)?(\d+)it \[[\d:]+, /.exec(line);
  return open === null ? null : withPhase(open[1] ?? '', { count: countOf(Number(open[2]), null) });
}

/** `Epoch 3/9 ━━━━━━━ 42/100 0:00:10 • 0:00:14 4.15it/s` of the library rich. */
function rich(line: string): Reading | null {
  const found = /^(.*?)\s*[━╸╺]{5,}(?: [━╸╺]+)?\s+(\d+)\/(\d+)\s+[\d:]+ • ([\d:]+)/.exec(line);
  if (found === null) return null;
  const [, label = '', done, total, left = ''] = found;
  return withPhase(label, { count: countOf(Number(done), Number(total)), etaMs: durationAt(left) });
}

/** `Receiving objects:  42% (1234/2938), 12.3 MiB | 10.2 MiB/s` */
function git(line: string): Reading | null {
  const found = /^([A-Z][A-Za-z ]{2,40}):\s+(\d{1,3})% \((\d+)\/(\d+)\)/.exec(line);
  if (found === null) return null;
  const [, label = '', , done, total] = found;
  return withPhase(label, { count: countOf(Number(done), Number(total)) });
}

/** `1,234,567  42%   10.21MB/s    0:00:12 (xfr#5, to-chk=227/396)`: after `xfr#` the time is the one a finished file took. */
function rsync(line: string): Reading | null {
  const found =
    /^[\d.,]+[KMGT]?\s+(\d{1,3})%\s+[\d.]+[kKMG]?B\/s\s+([\d:]+)(?: \(xfr#\d+, (?:to|ir)-chk=(\d+)\/(\d+)\))?/.exec(
      line,
    );
  if (found === null) return null;
  const [, pct, left = '', open, total] = found;
  if (total === undefined) return { count: share(pct), etaMs: durationAt(left) };
  return { count: countOf(Number(total) - Number(open), Number(total)), etaMs: null };
}

/** ` 42 1024M   42  430M    0     0  10.2M      0  0:01:40  0:00:42  0:00:58 10.1M` of curl; the meters of scp and `curl -#`. */
function meter(line: string): Reading | null {
  const found =
    /^(\d{1,3})\s+[\d.]+[kMGTP]?\s+\d{1,3}\s+[\d.]+[kMGTP]?\s+\d{1,3}(?:\s+[\d.]+[kMGTP]?){3}\s+[\d:-]+\s+[\d:-]+\s+([\d:-]+)\s+[\d.]+[kMGTP]?$/.exec(
      line,
    );
  if (found !== null) return { count: share(found[1]), etaMs: durationAt(found[2] ?? '') };
  const scp = /\s(\d{1,3})%\s+[\d.]+ ?[KMGT]?B\s+[\d.]+[kKMGT]?B\/s\s+([\d:-]+)(?: ETA)?$/.exec(line);
  if (scp !== null) return { count: share(scp[1]), etaMs: durationAt(scp[2] ?? '') };
  const hashes = /^#+\s+(\d{1,3}\.\d)%$/.exec(line);
  return hashes === null ? null : { count: share(hashes[1]) };
}

/** `[0:42] 42.00%  123 files 1.234 GiB, total 396 files 2.938 GiB, 0 errors ETA 0:58` */
function restic(line: string): Reading | null {
  const found = /^\[(?:\d+:)+\d\d\]\s+(\d{1,3}\.\d+)%\s+(?:.*?\b(\d+) errors?\b)?/.exec(line);
  if (found === null) return null;
  const [, pct, failed] = found;
  return { count: share(pct), ...(failed === undefined ? {} : { failed: Number(failed) }) };
}

/** `Completed 12.3 MiB/45.6 MiB (10.2 MiB/s) with 1 file(s) remaining` */
function aws(line: string): Reading | null {
  const found = new RegExp(`^Completed ${SIZE}/~?${SIZE} \\(`).exec(line);
  return found === null ? null : ofSizes(found.slice(1));
}

/** ` 3100K .......... .......... .......... .......... ..........  42% 10.2M 2m30s` */
function wgetDots(line: string): Reading | null {
  const found = /^\d+K(?:\s[., ]{2,})+\s*(\d{1,3})%\s+[\d.]+[KMG]?(?:=\S+|\s+(\S+))?$/.exec(line);
  return found === null ? null : { count: share(found[1]), etaMs: durationAt(found[2] ?? '') };
}

/** The summary lines of pytest, cargo test and jest. */
function testSummary(line: string): Reading | null {
  const found =
    /^=*\s*(?:(?<failed>\d+) failed, )?(?<passed>\d+) passed(?:, \d+ \w+)* in [\d.]+s/.exec(line) ??
    /^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/.exec(line) ??
    /^Tests:\s+(?:(?<failed>\d+) failed, )?(?:\d+ skipped, )?(?<passed>\d+) passed, \d+ total/.exec(line);
  if (!found?.groups) return null;
  const failed = Number(found.groups.failed ?? 0);
  const all = Number(found.groups.passed) + failed;
  return all === 0 ? null : { count: countOf(all, all), failed };
}

/** `Epoch 3/10`. A count within the epoch on the same line (`Step 42/100`, `[1280/60000 (2%)]`) takes precedence. */
function withEpoch(line: string): Reading | null {
  const found =
    /^((?:Train|Test|Val|Valid|Validation)? ?Epoch):? *(?:\[ ?(\d+) ?\/ ?(\d+) ?\]|\[(\d+)\]|(\d+) ?\/ ?(\d+)|(\d+))[,:|]?(?=\s|\[|$)\s*/i.exec(
      line,
    );
  if (found === null) return null;
  const [whole, label = '', b1, t1, single, b2, t2, lone] = found;
  const [n, total] = [b1 ?? b2 ?? single ?? lone, t1 ?? t2];
  const phase = shortText(`${label} ${n}${total === undefined ? '' : `/${total}`}`);
  const inner = line.slice(whole.length);
  const steps = /^\[ *(\d+) ?\/ ?(\d+)(?: \(\d+%\))?\]/.exec(inner);
  const count =
    steps === null
      ? (bar(inner) ?? bracketed(inner) ?? counted(inner))?.count
      : countOf(Number(steps[1]), Number(steps[2]));
  if (count !== undefined) return { count, phase };
  return total === undefined ? null : { count: countOf(Number(n), Number(total)), phase };
}

const BAR_AND = new RegExp(`${BAR}\\s*(?:${PERCENT}|${PAIR}(?! ?[kKMGT]?i?B\\b)|${SIZE}/ ?${SIZE})`);
const AND_BAR = new RegExp(`(?:${PERCENT}|^${PAIR}) ?${BAR}(?:\\s+(\\d+(?:s|m|h|:\\d\\d)\\S*))?`);

/** A drawn bar with a percentage, a count or two sizes at either end: cargo, Keras, wget, pip, docker pull, gradle. */
function bar(line: string): Reading | null {
  const after = BAR_AND.exec(line);
  if (after !== null) {
    const [, pct, done, total, ...sizes] = after;
    if (pct !== undefined) return countedAs(share(pct));
    if (done !== undefined) return countedAs(pair(done, total));
    const [a, unitA, b, unitB] = sizes;
    // `| 12.3/45.6 |` of a table has no unit.
    return unitB === undefined ? null : ofSizes([a, unitA ?? unitB, b, unitB]);
  }
  const before = AND_BAR.exec(line);
  if (before === null) return null;
  const [, pct, done, total, left] = before;
  const count = pct === undefined ? pair(done, total) : share(pct);
  // Keras prints the time left there, and after the last step the time it took.
  const etaMs = left === undefined || count?.fraction === 1 ? null : durationAt(left);
  return count === null ? null : { count, ...(etaMs === null ? {} : { etaMs }) };
}

/** `42% [3 libfoo 12.3 kB/45.6 kB 27%]  1,234 kB/s 12s` and `Progress: [ 42%]` of apt. */
function packageManager(line: string): Reading | null {
  const found = /^(\d{1,3})% \[.*\](?:\s+[\d,]+ [kM]?B\/s (\S.*))?$/.exec(line);
  if (found !== null) return { count: share(found[1]), etaMs: durationAt(found[2] ?? '') };
  const short = /^Progress: \[ *(\d{1,3})%\]/.exec(line);
  return short === null ? null : { count: share(short[1]) };
}

/** `#12 [stage-1 3/7] RUN npm ci`, `=> [stage-1 3/7] RUN npm ci`, `[+] Building 12.3s (5/12)` */
function docker(line: string): Reading | null {
  const step = /^(?:#\d+|=>)(?: CACHED)? \[(?:([\w./: -]+?) +)?(\d+)\/(\d+)\]/.exec(line);
  if (step !== null) return withPhase(step[1] ?? '', { count: countOf(Number(step[2]), Number(step[3])) });
  const whole = /^\[\+\] (?:Building|Running|Pulling) (?:[\d.]+s \()?(\d+)\/(\d+)/.exec(line);
  return whole === null ? null : countedAs(pair(whole[1], whole[2]));
}

const IN_BRACKETS = new RegExp(`(?:^|\\s)\\[ *${PAIR} *\\](?=[\\s:]|$)|^\\( *${PAIR} *\\)`);

/** `[3/42]` of ninja and most scripts, `(3/42)` of pacman and dnf, `[ 42%]` of cmake and, at the end, of pytest. */
function bracketed(line: string): Reading | null {
  const found = IN_BRACKETS.exec(line);
  if (found !== null) return countedAs(pair(found[1] ?? found[3], found[2] ?? found[4]));
  const pct = /^\[ *(\d{1,3})%\]/.exec(line) ?? /\[ *(\d{1,3})%\]$/.exec(line);
  return pct === null ? null : { count: share(pct[1]) };
}

const COUNTED: readonly RegExp[] = [
  // `3/42` or `3 of 42` alone; `3 of 42 …` at the start.
  new RegExp(`^${PAIR}$`),
  new RegExp(`^(?<![\\d/.:-])${NUMBER} (?:of|out of) ${NUMBER}\\b`),
  // `Step 3/12 : RUN make`, `batch 3 of 42`, `item #3/42`
  new RegExp(`\\b${ITEM}(?: ?[:#=] ?| )\\[?${PAIR}`, 'i'),
  // `3/42 files`, `3 of 42 done`
  new RegExp(`${PAIR} (?:${ITEM}|${DID}|complete)\\b`, 'i'),
  // `Processed 3/42`, `Converting image 3 of 42`
  new RegExp(`\\b(?:${DID}|${DOING})\\b[^\\d/%]{0,24}${PAIR}`, 'i'),
];
/** A count of failures or of existing things is not progress. */
const OTHER_COUNT =
  /\b(?:failed|failures?|errors?|replicas?|retry|retries|attempt|killed|missing|skipped)\b/i;

function counted(line: string): Reading | null {
  for (const form of COUNTED) {
    const found = form.exec(line);
    if (found === null) continue;
    const after = line.slice(found.index + found[0].length, found.index + found[0].length + 24);
    if (OTHER_COUNT.test(found[0]) || /^\s+(?:\w+ )?(?:failed|failures?|errors?)\b/i.test(after)) continue;
    return countedAs(pair(found[1], found[2]));
  }
  return null;
}

const PERCENTAGES: readonly RegExp[] = [
  new RegExp(`^${PERCENT}$`),
  new RegExp(`\\bprogress\\b[^%\\d]{0,12}${PERCENT}`, 'i'),
  new RegExp(`${PERCENT} ?(?:done|complete|completed|finished|processed|downloaded|uploaded)\\b`, 'i'),
  new RegExp(`^\\(?${DOING}\\b[^%\\d|]{0,60}[\\s:.…(]${PERCENT}\\)?(?:$|[\\s,;.])`, 'i'),
];

function percent(line: string): Reading | null {
  for (const form of PERCENTAGES) {
    const found = form.exec(line);
    if (found !== null) return countedAs(share(found[1]));
  }
  return null;
}

function countedAs(count: Count | null): Reading | null {
  return count === null ? null : { count };
}

/** Null when the total is 0 or less than `done`. */
function pair(done: string | undefined, total: string | undefined): Count | null {
  const [n, of] = [items(done ?? ''), items(total ?? '')];
  return n === null || of === null || of === 0 || n > of ? null : countOf(n, of);
}

function share(pct: string | undefined): Count {
  return countOf(null, null, Number(pct) / 100);
}

/** Null for anything but a whole number, such as `1.2k`. */
function items(text: string): number | null {
  return /^[\d,]+$/.test(text) ? Number(text.replaceAll(',', '')) : null;
}

const SCALE: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };

function ofSizes([a, unitA, b, unitB]: readonly (string | undefined)[]): Reading | null {
  const bytes = (amount = '', unit = '') =>
    Number(amount) * 1024 ** (SCALE[unit.charAt(0).toLowerCase()] ?? 0);
  const whole = bytes(b, unitB);
  return whole === 0 ? null : { count: countOf(null, null, bytes(a, unitA) / whole) };
}

function withPhase(label: string, reading: Reading): Reading {
  const phase = shortText(label.replace(/[\s:]+$/, ''));
  return phase === null ? reading : { ...reading, phase };
}
