// Runs one command and exits with its code. No other file of the CLI ends the process.
import { findHome } from '../src/config/home.ts';
import { BabysitError, ERRORS, EXIT } from '../src/core/errors.ts';
import { didYouMean } from '../src/text/nearest.ts';
import { isSandboxed } from './client/sandbox.ts';
import { COMMON_FLAGS, type Command } from './command.ts';
import { COMMANDS, meantCalls, resolveCommand } from './commands.ts';
import { type FlagSpecs, parseArgv } from './input/argv.ts';
import { exactWords } from './input/environ.ts';
import { keepIgnoring } from './input/ignored-signals.ts';
import { checkLever } from './levers.ts';
import { createOutput, isClosedPipe, printError } from './output/output.ts';

/** 128 + SIGPIPE, as a shell reports a writer whose reader has closed the pipe. */
const EXIT_SIGPIPE = 141;

// No top-level await: the CommonJS bundle, which starts 7 ms sooner than ESM, does not support it.
void main(exactWords(process.argv.slice(2)), process.env).then((code) => process.exit(code));

async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [word = 'help', ...rest] = argv;
  let failureExit: number | undefined;
  keepIgnoring(env);
  try {
    return await runCommand(word, rest, env, (command) => {
      ({ failureExit } = command);
    });
  } catch (error) {
    if (isClosedPipe(error)) return EXIT_SIGPIPE;
    const refusal = error instanceof BabysitError ? withVerb(error, word) : crash(error);
    printError(createOutput(wants(argv, '--json'), env), refusal, wants(argv, '--full'));
    return failureExit ?? ERRORS[refusal.code].exit;
  }
}

async function runCommand(
  word: string,
  rest: readonly string[],
  env: NodeJS.ProcessEnv,
  onLoaded: (command: Command) => void,
): Promise<number> {
  const name = resolveCommand(translate(word));
  const entry = name === null ? undefined : COMMANDS[name];
  if (name === null || entry === undefined) throw unknownCommand(word, rest[0]);
  const { command } = await entry.load();
  onLoaded(command);
  const specs: FlagSpecs = { ...COMMON_FLAGS, ...command.flags };
  const parsed = parseArgv(specs, rest);
  const output = createOutput(parsed.flags.json === true, env);
  const help = async (about?: string) => (await import('./help.ts')).helpText(about);
  if (parsed.flags.help === true) {
    output.data(await help(name));
    return EXIT.ok;
  }
  const onStarted = (pid: number, warning: string | null): void => {
    if (!output.jsonMessages) output.message(`babysit: started the daemon (pid ${pid})\n`);
    if (warning !== null) output.message(`babysit: ${warning}\n`);
  };
  const isObserver = isOn(env.BABYSIT_OBSERVE_ONLY);
  // A daemon that starts in a sandbox is confined to it and often ends with it.
  const autostart = !isOn(env.BABYSIT_NO_AUTOSTART) && !isObserver && !isSandboxed(env);
  const session = {
    // Found on first use: help and version work without a home.
    get home() {
      const home = findHome(env);
      return isObserver ? { ...home, socket: home.observeSocket } : home;
    },
    env,
    autostart,
    onStarted,
    onSilent: (line: string) => output.message(`babysit: ${line}\n`),
  };
  const lever = checkLever(name, parsed, () => session.home, env);
  const pulling =
    lever === null ? session : { ...session, caller: (await import('./input/caller.ts')).callerName(env) };
  const commands = { entries: COMMANDS, resolve: resolveCommand };
  return command.run(
    { output, session: pulling, env, full: parsed.flags.full === true, help, commands },
    parsed,
  );
}

function isOn(value: string | undefined): boolean {
  return /^(1|true|yes)$/i.test(value ?? '');
}

function translate(word: string): string {
  switch (word) {
    case '--help':
    case '-h':
      return 'help';
    case '--version':
    case '-V':
    case '-v':
      return 'version';
    default:
      return word;
  }
}

/** A usage error without a hint of its own names the help of the command. */
function withVerb(error: BabysitError, word: string): BabysitError {
  const { code, message, extra } = error;
  const name = resolveCommand(translate(word));
  if (code !== 'usage' || (extra.hint ?? ERRORS.usage.hint) !== ERRORS.usage.hint || name === null)
    return error;
  return new BabysitError(code, message, {
    ...extra,
    hint: `Run babysit ${name.replaceAll('-', '_')} --help to see its flags and an example.`,
  });
}

/** `next`: the word after it, as in `daemon status` for daemon-status. */
function unknownCommand(word: string, next = ''): BabysitError {
  const joined = resolveCommand(`${word}-${next}`);
  const meant = joined === null ? meantCalls(word) : [joined];
  const what = word.startsWith('-')
    ? `the command comes before its flags, found ${word}`
    : `unknown command "${word}"`;
  const hint = 'Run babysit --help for the commands.';
  return new BabysitError('usage', what, { hint, ...didYouMean(meant, 'babysit ') });
}

/** For errors before the flags are parsed. */
function wants(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes(flag);
}

function crash(error: unknown): BabysitError {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new BabysitError('internal', what, {
    hint: 'This is a bug in the babysit command. Please report it.',
  });
}
