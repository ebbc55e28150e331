// The steps of one command: what it assigns, which program runs inside its wrappers, and what that program does.
import type { Assignment, Command } from 'unbash';
import { shellWords } from '../../src/text/shell.ts';
import { codeOfWord } from '../shell/code.ts';
import { Source } from '../shell/source.ts';
import { programName, type Unwrapped, unwrap } from '../shell/unwrap.ts';
import { type Field, fieldsOf, hasSubstitution, namesIn, textsOf } from '../shell/words.ts';
import { babysitSteps } from './babysit.ts';
import { type Call, inputOf, plainPath } from './call.ts';
import { collectorOf } from './filters.ts';
import { handedOut, readLook } from './looks.ts';
import { foreignSteps, pauseOf, secondsOf } from './pauses.ts';
import { printedBy, wordsOf } from './printed.ts';
import { change, type Detached, inSubshell, type Scope, tasksOfVariables } from './scope.ts';
import { type Element, flatten, type Step, tasksIn } from './steps.ts';
import { workOf } from './work.ts';

export function commandSteps(node: Command, element: Element, scope: Scope): Step[] {
  const before = [
    ...[...node.prefix, ...node.suffix].flatMap((part) =>
      part.type === 'Redirect' || part.type === 'HereDoc' || part.type === 'HereString'
        ? scope.shared.walk.redirectSteps(part, element, scope)
        : scope.shared.walk.expansionSteps(part, element, scope),
    ),
    ...(node.name === undefined ? [] : scope.shared.walk.expansionSteps(node.name, element, scope)),
  ];
  const assignments = [...node.prefix, ...node.args].filter((part) => part.type === 'Assignment');
  // An assignment before a command applies only to it. Alone or after `export` it stays.
  if (node.name === undefined || node.args.some(({ type }) => type === 'Assignment'))
    for (const assignment of assignments) assign(assignment, before, scope);
  if (node.name === undefined) return before;
  const fields = withoutAlias(fieldsOf([node.name, ...wordsOf(node)], scope.variables), scope);
  const unwrapped = unwrapFields(fields);
  const inside = { ...scope, inputTasks: tasksIn(before) ?? scope.inputTasks };
  const own = unwrapped === null ? [] : unwrappedSteps(unwrapped, fields, node, element, inside);
  // A request to another host, unless it looks or pauses there.
  const isRequest = unwrapped?.around.isRemote === true && flatten(own).every(({ kind }) => kind === 'work');
  const steps = isRequest ? [{ kind: 'work', need: 'claims', element } as const] : own;
  noteFiles(node, fields, scope);
  noteLooked(node, [...before, ...steps], inside);
  const isRecord =
    unwrapped?.kind === 'program' &&
    steps.some(({ kind }) => kind === 'look') &&
    collectorOf(node.redirects, scope) !== null;
  return [...before, ...(isRecord ? [{ kind: 'work', need: 'claims', element } as const] : steps)];
}

function assign(assignment: Assignment, steps: readonly Step[], scope: Scope): void {
  const { name, value, append, index } = assignment;
  change(name, scope);
  const tasks = tasksOf(assignment.text, steps, scope);
  if (value.type === 'ArrayValue') {
    const fields = fieldsOf(value.elements, scope.variables).map(({ text }) => text);
    const isKnown = append !== true && fields.every((text) => !text.includes('$'));
    if (isKnown) scope.variables.set(name, { texts: fields, isArray: true });
    else if (tasks !== null) scope.variables.set(name, { texts: [`$${name}`], isArray: true, tasks });
    return;
  }
  if (append === true || index !== undefined) return;
  // The output of a substitution is unknown: the variable stays in the text as written.
  if (hasSubstitution(value)) {
    scope.variables.delete(name);
    if (tasks !== null) scope.variables.set(name, { texts: [`$${name}`], tasks });
    return;
  }
  const word = { word: value, source: scope.source };
  scope.variables.set(name, {
    texts: textsOf(value, scope.variables),
    word,
    ...(tasks === null ? {} : { tasks }),
  });
}

/** The tasks whose pid, log or state a value holds: it comes from a look, from `$!` of a wait, or from such a variable. */
function tasksOf(written: string, steps: readonly Step[], scope: Scope): readonly string[] | null {
  const looked = tasksIn(steps);
  if (looked !== null) return looked;
  for (const [path, tasks] of scope.shared.lookFiles) if (written.includes(path)) return tasks;
  const names = namesIn(written);
  if (names.includes('!') || /\$!/.test(written)) return scope.shared.lastJobTasks;
  return tasksOfVariables(written, scope);
}

function unwrappedSteps(
  call: Unwrapped,
  fields: readonly Field[],
  node: Command,
  element: Element,
  outer: Scope,
): Step[] {
  const limit = outer.limit ?? call.around.limit;
  const isElsewhere = outer.isElsewhere || call.around.isElsewhere;
  const isRemote = outer.isRemote || call.around.isRemote;
  const hostNames = call.around.isRemote
    ? namesIn(fields.map(({ word }) => word.text).join(' '))
    : outer.hostNames;
  const input = inputOf(node.redirects, outer) ?? outer.input;
  const detached = outer.detached ?? detachedBy(call, fields, element);
  const fedMark = call.around.isFed ? fedMarkOf(fields) : outer.fedMark;
  const scope: Scope = { ...outer, limit, isElsewhere, isRemote, hostNames, input, detached, fedMark };
  const range = { start: node.pos, end: node.end };
  switch (call.kind) {
    case 'shell': {
      const code = call.code === null ? input : codeOf(fields.slice(...call.code), node, outer);
      if (code === null) return [{ kind: 'work', need: outer.hasInput ? 'quiet' : 'claims', element }];
      if (call.around.isElsewhere) code.caller = node.pos;
      // tmux and at are not shells: the task gets their code alone.
      const isHanded = detached !== null && outer.detached === null && call.around.detaching.length === 0;
      const given = { source: code, range: { start: commandStart(node, element), end: element.end } };
      const inner = isHanded ? { ...scope, detached: { ...detached, code: given } } : scope;
      const names = call.around.names.filter((name) => !name.endsWith('timeout'));
      const isPlain =
        names.length === 0 &&
        node.prefix.length === 0 &&
        node.redirects.length === 0 &&
        call.code?.[1] === fields.length;
      if (isPlain) code.runner = { start: node.pos, end: node.end, limit: call.around.limit };
      // `eval` runs in this shell, other shells have variables of their own.
      const isEval = programName(fields[0]?.text ?? '') === 'eval';
      const steps = scope.shared.walk.codeSteps(code, isEval ? inner : inSubshell(inner));
      return isNap(steps)
        ? [{ kind: 'pause', element, own: element.isBare ? element : range, seconds: null }]
        : steps;
    }
    case 'script': {
      const path = fields[call.file]?.text ?? '';
      const code = scope.shared.scripts.get(plainPath(path));
      return code === undefined
        ? [{ kind: 'work', need: 'claims', element }]
        : scope.shared.walk.codeSteps(code, inSubshell(scope));
    }
    case 'watch': {
      const code = codeOf(fields.slice(...call.code), node, outer);
      const body = code === null ? [] : scope.shared.walk.codeSteps(code, inSubshell(scope));
      return [
        {
          kind: 'loop',
          type: 'watch',
          clause: [],
          body,
          changes: new Set(),
          over: null,
          times: null,
          seconds: limit === undefined ? null : secondsOf(limit),
          inside: range,
          own: range,
          element,
        },
      ];
    }
    case 'program':
      return programSteps(
        {
          name: programName(fields[call.at]?.text ?? ''),
          args: fields.slice(call.at + 1),
          texts: fields.slice(call.at + 1).map(({ text }) => text),
          fields,
          at: call.at,
          around: call.around,
          node,
          element,
          scope,
        },
        outer,
      );
  }
}

function withoutAlias([first, ...rest]: readonly Field[], { shared }: Scope): Field[] {
  if (first === undefined) return [];
  const words = shared.aliases.get(first.text) ?? [first.text];
  return [
    ...words.map((text) => ({ ...first, text, isWhole: words.length === 1 && first.isWhole })),
    ...rest,
  ];
}

/** A variable of a `for` has one value at a time: it is one word of the command. */
function unwrapFields(fields: readonly Field[]): Unwrapped | null {
  const words = fields.filter(({ isOther }) => !isOther);
  const call = unwrap(words.map(({ text }) => text));
  if (call === null || words.length === fields.length) return call;
  const place = (i: number): number => {
    const word = words[i];
    return word === undefined ? fields.length : fields.indexOf(word);
  };
  const pair = ([from, to]: readonly [number, number]) => [place(from), place(to)] as const;
  const around = { ...call.around, detaching: call.around.detaching.map(pair) };
  switch (call.kind) {
    case 'program':
      return { ...call, around, at: place(call.at) };
    case 'script':
      return { ...call, around, file: place(call.file) };
    case 'watch':
      return { ...call, around, code: pair(call.code) };
    case 'shell':
      return { ...call, around, code: call.code === null ? null : pair(call.code) };
  }
}

/** What `xargs -I` replaces; null: the words come after those of the command. */
function fedMarkOf(fields: readonly Field[]): string | null {
  const at = fields.findIndex(({ text }) => /^-(?:I|-replace)/.test(text));
  const text = fields[at]?.text ?? '';
  if (at >= 0) return /^(?:-I|--replace=)(.+)/.exec(text)?.[1] ?? fields[at + 1]?.text ?? '{}';
  return fields.some((field) => field.text.includes('{}')) ? '{}' : null;
}

function detachedBy({ around }: Unwrapped, fields: readonly Field[], { chain }: Element): Detached | null {
  if (around.detacher === null) return null;
  const words = around.detaching.flatMap(([from, to]) => {
    const [first, next] = [fields[from], fields[to]];
    return first === undefined || next === undefined ? [] : [{ start: first.word.pos, end: next.word.pos }];
  });
  return { name: around.detacher, chain, words, code: null };
}

/** Of the first command of an element, without the assignments before it. */
function commandStart({ pos, name }: Command, { start }: Element): number {
  return pos === start ? (name?.pos ?? start) : start;
}

/** Code that does nothing but pause. */
function isNap(steps: readonly Step[]): boolean {
  const isQuiet = (step: Step) => step.kind === 'work' && step.need === 'quiet';
  return (
    steps.some(({ kind }) => kind === 'pause') &&
    steps.every((step) => step.kind === 'pause' || isQuiet(step))
  );
}

/** The code in one word, or the words of a command line as code. */
function codeOf(fields: readonly Field[], node: Command, scope: Scope): Source | null {
  const [first, ...more] = fields;
  if (first === undefined) return null;
  if (more.length === 0 && first.isWhole) return codeOfWord(first.word, scope.source, scope.variables);
  const words = [...new Set(fields.map(({ word }) => word))];
  const start = first.word.pos;
  const end = words.at(-1)?.end ?? node.end;
  const quote = (code: string) => shellWords([code]);
  return new Source(fields.map(({ text }) => text).join(' '), {
    kind: 'whole',
    source: scope.source,
    start,
    end,
    quote,
  });
}

function programSteps(call: Call, outer: Scope): Step[] {
  const { name, texts, scope, element, node } = call;
  const known = scope.functions.get(name);
  if (known !== undefined) return functionSteps(known.node, known.source, call);
  const script = scope.shared.scripts.get(plainPath(call.fields[call.at]?.text ?? ''));
  if (script !== undefined) return scope.shared.walk.codeSteps(script, inSubshell(scope));
  if (name === 'babysit') {
    scope.shared.ownCalls.push(call);
    return babysitSteps(call);
  }
  scope.shared.calls.push(call);
  switch (name) {
    case 'trap':
      if (texts.some((text) => /^(EXIT|0)$/.test(text)) && call.args[0] !== undefined) {
        const code = codeOfWord(call.args[0].word, scope.source, scope.variables);
        if (code !== null) scope.shared.atExit.push(code);
      }
      return [];
    case 'read':
    case 'mapfile':
    case 'readarray':
    case 'getopts':
    case 'let':
      for (const variable of [...texts.map((text) => text.replace(/\W.*$/s, '')), 'REPLY', 'MAPFILE']) {
        change(variable, outer);
        if (scope.inputTasks !== null && variable !== '')
          outer.variables.set(variable, { texts: [`$${variable}`], tasks: scope.inputTasks });
      }
      break;
    case 'alias':
      for (const part of node.args)
        if (part.type === 'Assignment' && part.value.type === 'Word')
          scope.shared.aliases.set(part.name, part.value.value.split(/\s+/));
      return [];
    case 'unset':
      for (const text of texts) change(text, outer);
      return [];
    case 'shift':
      for (const positional of ['1', '2', '3', '@', '*']) change(positional, outer);
      return [];
    case 'wait':
    case 'fg':
      return [{ kind: 'join', element }];
    case 'break':
    case 'exit':
    case 'return':
    case 'continue':
      return [{ kind: 'exit', element }];
  }
  const own = element.isBare ? element : { start: node.pos, end: node.end };
  const look = foreignSteps(call, own) ?? readLook(call, own);
  if (look !== null) return look;
  const pause = pauseOf(call);
  return pause === null ? [workOf(call)] : [{ kind: 'pause', element, own, ...pause }];
}

/** The steps of the body of a called function. A recursive function is a loop. */
function functionSteps(node: import('unbash').Function, source: Source, call: Call): Step[] {
  const { scope, element } = call;
  if (scope.calling.includes(node)) {
    scope.recursive.add(node);
    return [{ kind: 'work', need: 'quiet', isRecursion: true, element }];
  }
  const variables = new Map(scope.variables);
  call.args.forEach(({ text, word }, i) => {
    const own = handedOut(word);
    const tasks = own === null ? tasksOfVariables(word.text, scope) : [own];
    variables.set(String(i + 1), { texts: [text], ...(tasks === null ? {} : { tasks }) });
  });
  variables.set('@', { texts: call.texts, isArray: true });
  const changes = new Set<string>();
  const calling = [...scope.calling, node];
  const body = scope.shared.walk.nodeSteps(node.body, element, {
    ...scope,
    source,
    variables,
    changes,
    calling,
  });
  if (!scope.recursive.has(node)) return body;
  const inside = { start: node.body.pos, end: node.body.end };
  return [
    {
      kind: 'loop',
      type: 'call',
      clause: [],
      body,
      changes,
      over: null,
      times: null,
      seconds: null,
      inside,
      own: inside,
      element,
    },
  ];
}

/** Remembers what a look hands out: in a file, or in the variables that `eval "$(babysit status t | …)"` assigns. */
function noteLooked(node: Command, steps: readonly Step[], scope: Scope): void {
  const tasks = tasksIn(steps) ?? scope.inputTasks;
  if (tasks === null) return;
  for (const redirect of node.redirects)
    if (redirect.type === 'Redirect' && /^>[>|]?$/.test(redirect.operator) && redirect.target !== undefined)
      scope.shared.lookFiles.set(redirect.target.value, tasks);
  if (node.name?.value !== 'eval') return;
  const text = scope.source.text.slice(node.pos, node.end);
  for (const [, name = ''] of text.matchAll(/\b([A-Za-z_]\w*)=/g))
    scope.variables.set(name, { texts: [`$${name}`], tasks });
}

/** Remembers code that the command writes to a file: `cat > FILE <<END`, `echo … > FILE`, `tee FILE <<END`. */
function noteFiles(node: Command, fields: readonly Field[], scope: Scope): void {
  const name = programName(fields[0]?.text ?? '');
  if (!/^(?:cat|tee|echo|printf)$/.test(name)) return;
  const target = node.redirects.find(
    (redirect) => redirect.type === 'Redirect' && /^>[>|]?$/.test(redirect.operator),
  );
  const word = target?.type === 'Redirect' ? target.target : undefined;
  const path =
    name === 'tee'
      ? fields.slice(1).find(({ text }) => !text.startsWith('-'))?.text
      : word === undefined
        ? undefined
        : textsOf(word, scope.variables)[0];
  const code = path === undefined ? null : printedBy(node, scope);
  if (path !== undefined && code !== null) scope.shared.scripts.set(plainPath(path), code);
}
