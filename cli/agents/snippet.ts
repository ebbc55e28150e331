// The instructions for harnesses without skills: a marked block in AGENTS.md or a similar file.

const BEGIN = '<!-- babysit: begin -->';
const END = '<!-- babysit: end -->';

const SNIPPET = `## Heavy and long commands: babysit

Run what takes more than about 30 s, 1 GB or one core (builds, test suites, training) through \`babysit\`, never with \`&\`, \`nohup\` or \`tmux\`:

1. Measure on the smallest input: \`babysit run --wait --name=smoke --estimated_time=1m --estimated_mem_bytes=1G --estimated_cpu_cores=1 --command='…'\`.
2. Run with what you measured plus 30 %: the same without \`--wait\`; it returns at once.
3. Wait once, in the background: \`babysit wait NAME\` returns the moment it ends. Never poll with \`sleep\`, loops or \`watch\`.
4. Then \`babysit log NAME --tail 20\`: \`completed\` only means exit code 0.

Exit code 2 is \`capacity_exceeded\`: add \`--queue\`, do not repeat. After a kill do what \`kill_hint\` says. A task must print a line every 5 minutes.
After a restart: \`babysit list\`. Everything else: \`babysit --help\` and \`babysit COMMAND --help\`.
`;

export function snippet(): string {
  return `${BEGIN}\n${SNIPPET}${END}\n`;
}

/** Returns the document with the current block, in place of the old one or at the end. */
export function withSnippet(document: string): string {
  const place = find(document);
  if (place !== null) return document.slice(0, place.from) + snippet() + document.slice(place.to);
  const gap = document === '' ? '' : document.endsWith('\n') ? '\n' : '\n\n';
  return document + gap + snippet();
}

/** Returns the document without the block and without the empty line that `withSnippet` added before it. */
export function withoutSnippet(document: string): string {
  const place = find(document);
  if (place === null) return document;
  const before = document.slice(0, place.from);
  return before.replace(/\n\n$/, '\n') + document.slice(place.to);
}

export function hasSnippet(document: string): boolean {
  return find(document) !== null;
}

function find(document: string): { from: number; to: number } | null {
  const from = document.indexOf(BEGIN);
  const end = document.indexOf(END, from);
  if (from < 0 || end < 0) return null;
  const after = end + END.length;
  return { from, to: document[after] === '\n' ? after + 1 : after };
}
