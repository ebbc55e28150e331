// Every command by name, with its line in the overview; its code is loaded only when it is called.
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  run: {
    summary: 'submit a command with its estimates; returns at once',
    load: () => import('./commands/run.ts'),
  },
  wait: {
    summary: 'block until tasks have ended; tells what happens meanwhile',
    load: () => import('./commands/wait.ts'),
  },
  status: {
    summary: 'host, capacity and queue; or one task in full',
    load: () => import('./commands/status.ts'),
  },
  list: {
    summary: "this project's tasks: live, and ended in the last day",
    aliases: ['ls'],
    load: () => import('./commands/list.ts'),
  },
  log: { summary: 'what a task has printed', aliases: ['logs'], load: () => import('./commands/log.ts') },
  kill: {
    summary: 'end tasks, gracefully first',
    aliases: ['stop'],
    load: () => import('./commands/kill.ts'),
  },
  ping: { summary: 'is the daemon there?', load: () => import('./commands/ping.ts') },
  'daemon-start': {
    summary: 'start the daemon (any command does it too)',
    load: () => import('./commands/daemon-start.ts'),
  },
  'daemon-stop': {
    summary: 'stop the daemon; tasks run on',
    load: () => import('./commands/daemon-stop.ts'),
  },
  'daemon-restart': {
    summary: 'stop and start the daemon; tasks run on',
    load: () => import('./commands/daemon-restart.ts'),
  },
  'daemon-status': {
    summary: 'the daemon: pid, version, driver, home',
    load: () => import('./commands/daemon-status.ts'),
  },
  doctor: {
    summary: 'what this host lets babysit enforce, and the mends',
    load: () => import('./commands/doctor.ts'),
  },
  config: {
    summary: 'every setting, its value and where it came from',
    load: () => import('./commands/config.ts'),
  },
  help: { summary: 'this overview, or the help of one command', load: () => import('./commands/help.ts') },
  version: {
    summary: 'the version of babysit and of its runtime',
    load: () => import('./commands/version.ts'),
  },
};

/** `daemon_start`, `logs`: the name in the table, or null. */
export function resolveCommand(word: string): string | null {
  const name = word.replaceAll('_', '-').toLowerCase();
  if (Object.hasOwn(COMMANDS, name)) return name;
  return Object.keys(COMMANDS).find((key) => COMMANDS[key]?.aliases?.includes(name)) ?? null;
}

export function commandWords(): string[] {
  return Object.entries(COMMANDS).flatMap(([name, entry]) => [name, ...(entry.aliases ?? [])]);
}
