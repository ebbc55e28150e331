// The rules that say which commands are heavy: the shipped ones, and those of a repository or a user.
import { isJsonObject } from '../../../src/text/json.ts';

export const MODES = ['advise', 'deny', 'rewrite', 'off'] as const;
/** advise: the agent reads advice. deny: the command does not run. rewrite: it runs through babysit. */
export type Mode = (typeof MODES)[number];

export interface Rule {
  readonly name: string;
  /** Names of the program. A name with a regular expression is between slashes. */
  readonly programs: readonly string[];
  /** The words after the program must match. */
  readonly args?: string;
  /** A command with these words is short. */
  readonly except?: string;
  readonly mode?: Mode;
}

export interface RuleFile {
  readonly mode?: Mode;
  readonly rules: readonly (Rule | { readonly name: string; readonly mode: 'off' })[];
}

const WORD = String.raw`(?:^|\s)`;
const VERSION = String.raw`${WORD}(?:--version|-V|--help|-h|help)(?:\s|$)`;
/** Flags that select single tests, and files of tests. */
const ONE_TEST = String.raw`\.(?:test|spec|cy)\.[cm]?[jt]sx?\b|--(?:testPathPatterns?|testNamePattern|findRelatedTests|runTestsByPath|grep|spec)[ =]|(?:^|\s)-t\s`;
const SCRIPT = String.raw`^(?:(?:workspaces?\s+(?:foreach\s+)?|--?)\S+\s+(?:\S+\s+)?)*?(?:run(?:-script)?\s+)?(?:build|test|tests|t|e2e|bundle|ci|typecheck|coverage)(?::[\w:-]+)?(?:\s|$)`;

/** `train.py`, `pretrain_gpt.py`, `run_finetune.py`; not `plot_training.py`. */
const TRAINING = String.raw`(?![\w-]*[_-](?:report|plots?|utils?|config|data|logs?|stats|metrics|eval|viewer|helpers?|test)\.py)(?!(?:plot|test|show|view|check|parse|analy[sz]e|eval|list|inspect|visuali[sz]e|print|dump|convert|export|download|prepare|make|split|clean|summari[sz]e|monitor)[_-])(?:\w+[_-])?(?:pre|fine_?)?(?:train|tune|sweep|benchmark)[\w-]*\.py`;

/** The order matters: the first rule that fits is used. */
export const SHIPPED: readonly Rule[] = [
  {
    name: 'cargo',
    programs: ['cargo', 'cross'],
    args: String.raw`^(?:\+\S+\s+|--?\S+\s+)*(?:build|b|test|t|nextest|bench|clippy|check|c|doc|install|tarpaulin|llvm-cov|run\s+(?:\S+\s+)*(?:--release|-r))(?:\s|$)`,
    except: `${VERSION}|${WORD}(?:-p|--package|--manifest-path|--bin|--example)(?:[ =]|$)`,
  },
  {
    name: 'make',
    programs: ['make', 'gmake'],
    except: String.raw`${VERSION}|${WORD}(?:-n|--dry-run|--just-print|-q|-p)(?:\s|$)|^(?:(?:-C\s+\S+|-f\s+\S+|--?\S+|\w+=\S*)\s+)*(?:clean|distclean|help|lint|fmt|format|check-format|dev|serve|run|start|stop|up|down|logs|ps|watch|shell|deps|install-hooks|setup|version|print-\S+)(?:\s|$)`,
  },
  { name: 'ninja', programs: ['ninja', 'samu'], except: String.raw`${VERSION}|${WORD}(?:-t|-n)(?:\s|$)` },
  {
    name: 'cmake',
    programs: ['cmake'],
    args: String.raw`${WORD}--build(?:\s|=)`,
    except: String.raw`--target\s+(?:clean|help)`,
  },
  {
    name: 'ctest',
    programs: ['ctest'],
    except: String.raw`${VERSION}|${WORD}(?:-N|--show-only)|${WORD}-R\s`,
  },
  {
    name: 'meson',
    programs: ['meson', 'scons', 'waf'],
    args: String.raw`^(?:compile|test|install|build)?(?:\s|$)`,
    except: VERSION,
  },
  {
    name: 'bazel',
    programs: ['bazel', 'bazelisk', 'buck2', 'pants'],
    args: String.raw`^(?:--?\S+\s+)*(?:build|test|coverage|run)(?:\s|$)`,
  },
  {
    name: 'gradle',
    programs: ['gradle', 'gradlew'],
    except: String.raw`${VERSION}|${WORD}(?:tasks|dependencies|projects|properties|bootRun|--stop|--status|wrapper)(?:\s|$)|^(?:--?\S+\s+)*clean\s*$|--tests\s`,
  },
  {
    name: 'mvn',
    programs: ['mvn', 'mvnw', 'mvnd'],
    args: String.raw`${WORD}(?:compile|test|package|verify|install|deploy|site)(?:\s|$)`,
    except: String.raw`-Dtest=|-Dit\.test=`,
  },
  {
    name: 'sbt',
    programs: ['sbt'],
    args: String.raw`${WORD}(?:compile|test|assembly|package|publish\w*)(?:\s|$)`,
  },
  {
    name: 'go',
    programs: ['go'],
    args: String.raw`^(?:test|build|vet|install)\s+(?:.*\s)?\S*\.\.\.(?:\s|$)`,
    except: `${WORD}-run[ =]`,
  },
  {
    name: 'npm scripts',
    programs: ['npm', 'pnpm', 'yarn', 'bun'],
    args: SCRIPT,
    except: String.raw`${ONE_TEST}|--watch(?!\w*=false)|:(?:watch|dev|serve)\b|${WORD}ci\s*(?:-|$)|^test\s+\S+\.[cm]?[jt]sx?\b`,
  },
  {
    name: 'jest',
    programs: ['jest'],
    except: String.raw`${VERSION}|${ONE_TEST}|--watch(?!\w*=false)|--listTests|--showConfig|${WORD}-t\s|\S+\.[cm]?[jt]sx?(?:\s|$)`,
  },
  {
    name: 'vitest',
    programs: ['vitest'],
    except: String.raw`${VERSION}|${ONE_TEST}|^(?:watch|dev|list|init)(?:\s|$)|--watch(?!\w*=false)|${WORD}-t\s`,
  },
  {
    name: 'playwright',
    programs: ['playwright'],
    args: '^test',
    except: String.raw`${ONE_TEST}|--list|--ui|--debug|${WORD}-g\s|:\d+(?:\s|$)`,
  },
  { name: 'cypress', programs: ['cypress'], args: '^run', except: '--spec' },
  { name: 'bundlers', programs: ['next', 'vite', 'nuxt', 'astro', 'gatsby', 'ng'], args: '^build' },
  {
    name: 'webpack',
    programs: ['webpack', 'rollup', 'parcel'],
    except: String.raw`${VERSION}|^(?:serve|watch)|--watch(?!\w*=false)|${WORD}-w(?:\s|$)`,
  },
  {
    name: 'turbo',
    programs: ['turbo', 'nx', 'lerna'],
    args: String.raw`^(?:run\s+|run-many|affected|exec\s+)?.*(?:build|test|run-many|affected|lint)`,
    except: `${VERSION}|^(?:graph|serve|dev|show)`,
  },
  {
    name: 'pytest',
    programs: ['pytest', 'py.test'],
    except: String.raw`${VERSION}|::|${WORD}-k[ =]?\S|--collect-only|--co(?:\s|$)|--fixtures|^(?:-\S+\s+)*\S+\.py(?:\s+-\S+)*\s*$`,
  },
  {
    name: 'tox',
    programs: ['tox', 'nox'],
    except: String.raw`${VERSION}|${WORD}(?:-l|--list\w*|-a)(?:\s|$)|::`,
  },
  {
    name: 'docker build',
    programs: ['docker', 'podman', 'buildah'],
    args: String.raw`^(?:--?\S+\s+)*(?:build|buildx\s+(?:build|bake)|image\s+build|bud|compose\s+(?:\S+\s+)*?build|compose\s+(?:\S+\s+)*?up\s.*--build)(?:\s|$)`,
  },
  {
    name: 'training',
    programs: ['torchrun', 'accelerate', 'deepspeed', 'horovodrun', 'mpirun', 'ray'],
    args: '^(?!config|env|version|status|stop|--help|--version)',
    except: VERSION,
  },
  {
    name: 'python training',
    programs: ['/python[\\d.]*|pypy3?/'],
    args: String.raw`^(?:-[A-Zuv]\S*\s+)*(?:-m\s+(?:torch\.distributed\.\S+|\S*train\S*)|(?:\S*/)?${TRAINING})(?:\s|$)`,
    except: VERSION,
  },
  { name: 'swift', programs: ['swift'], args: '^(?:build|test)', except: '--filter' },
  {
    name: 'xcodebuild',
    programs: ['xcodebuild'],
    except: '-(?:version|list|showsdks|showBuildSettings)|-only-testing',
  },
  { name: 'dotnet', programs: ['dotnet'], args: '^(?:build|test|publish|pack)', except: '--filter' },
  {
    name: 'mix',
    programs: ['mix'],
    args: String.raw`^(?:test|compile|dialyzer|release)(?:\s|$)`,
    except: String.raw`\.exs`,
  },
  { name: 'ruby', programs: ['rspec', 'rake'], except: String.raw`${VERSION}|_spec\.rb|${WORD}-[TP]` },
  { name: 'haskell', programs: ['cabal', 'stack'], args: '^(?:build|test|bench|install)' },
  { name: 'zig', programs: ['zig'], args: '^build' },
  {
    name: 'workflows',
    programs: ['snakemake', 'nextflow', 'dvc'],
    args: String.raw`^(?:run|repro|--?\S)?`,
    except: String.raw`${VERSION}|${WORD}(?:-n|--dry-run|--dryrun|log|config|list|status|pull|push|add)(?:\s|$)`,
  },
];

/** Programs that run another one as a module: `python -m pytest`. */
export function asProgram(name: string, args: readonly string[]): { name: string; args: readonly string[] } {
  const at = args.indexOf('-m');
  const module = args[at + 1];
  const isModule =
    /^(?:python[\d.]*|pypy3?)$/.test(name) &&
    at >= 0 &&
    args.slice(0, at).every((arg) => arg.startsWith('-'));
  return isModule && module !== undefined && /^(?:pytest|tox|nox)$/.test(module)
    ? { name: module, args: args.slice(at + 2) }
    : { name, args };
}

/** The first rule that fits, with the rules of the files before the shipped ones; null when none does. */
export function findRule(name: string, args: readonly string[], rules: readonly Rule[]): Rule | null {
  const program = asProgram(name, args);
  const words = program.args.join(' ');
  for (const rule of rules) {
    if (!rule.programs.some((each) => isProgram(each, program.name))) continue;
    if (/(?:^|\s)--(?:help|version)(?:\s|$)/.test(words)) return null;
    if (rule.args !== undefined && !matches(rule.args, words)) continue;
    if (rule.except !== undefined && matches(rule.except, words)) return null;
    return rule;
  }
  return null;
}

/** The first rule for the program, whatever its words are; null without one. */
export function ruleOf(name: string, args: readonly string[], rules: readonly Rule[]): Rule | null {
  const program = asProgram(name, args);
  return rules.find(({ programs }) => programs.some((each) => isProgram(each, program.name))) ?? null;
}

function isProgram(each: string, name: string): boolean {
  const expression = /^\/(.*)\/$/.exec(each)?.[1];
  return expression === undefined ? each === name : matches(`^(?:${expression})$`, name);
}

/** A rule with an invalid expression fits nothing. */
function matches(expression: string, text: string): boolean {
  try {
    return new RegExp(expression).test(text);
  } catch {
    return false;
  }
}

/** Puts the rules of files before the shipped ones. A rule of the same name replaces the other, and `off` removes it. */
export function mergeRules(files: readonly RuleFile[]): Rule[] {
  const own = files.flatMap(({ rules }) => rules);
  const names = new Set(own.map(({ name }) => name));
  const kept = own.filter((rule): rule is Rule => 'programs' in rule && rule.mode !== 'off');
  const first = new Map(kept.map((rule) => [rule.name, rule] as const).reverse());
  return [...[...first.values()].reverse(), ...SHIPPED.filter(({ name }) => !names.has(name))];
}

/** Returns the message of the first fault instead of a file. */
export function readRuleFile(value: unknown): RuleFile | string {
  if (!isJsonObject(value)) return 'must be an object';
  const { mode, rules = [], $schema: _schema, ...more } = value;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return `"${unknown}" is not a field of a rule file`;
  if (mode !== undefined && !isMode(mode)) return `"mode" must be one of ${MODES.join(', ')}`;
  if (!Array.isArray(rules)) return '"rules" must be an array';
  const read: RuleFile['rules'][number][] = [];
  for (const [i, rule] of rules.entries()) {
    const fault = faultOf(rule);
    if (fault !== null) return `rule ${i + 1}: ${fault}`;
    const { programs, ...more } = rule;
    read.push(
      programs === undefined ? more : { ...more, programs: Array.isArray(programs) ? programs : [programs] },
    );
  }
  return { ...(mode === undefined ? {} : { mode }), rules: read };
}

function faultOf(rule: unknown): string | null {
  if (!isJsonObject(rule)) return 'must be an object';
  const unknown = Object.keys(rule).find(
    (key) => !['name', 'programs', 'args', 'except', 'mode'].includes(key),
  );
  if (unknown !== undefined) return `"${unknown}" is not a field of a rule`;
  if (typeof rule.name !== 'string' || rule.name === '') return '"name" must be a text';
  if (rule.mode !== undefined && !isMode(rule.mode)) return `"mode" must be one of ${MODES.join(', ')}`;
  const isList = Array.isArray(rule.programs) && rule.programs.every((each) => typeof each === 'string');
  if (rule.programs === undefined) return rule.mode === 'off' ? null : '"programs" must name the programs';
  if (typeof rule.programs !== 'string' && !isList) return '"programs" must be a text or an array of texts';
  for (const key of ['args', 'except'] as const) {
    const expression = rule[key];
    if (expression === undefined) continue;
    if (typeof expression !== 'string') return `"${key}" must be a regular expression`;
    try {
      new RegExp(expression);
    } catch {
      return `"${key}" is not a valid regular expression`;
    }
  }
  return null;
}

function isMode(value: unknown): value is Mode {
  return MODES.includes(value as Mode);
}
