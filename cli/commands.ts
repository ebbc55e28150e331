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
    load: () => import('./commands/task/run.ts'),
  },
  wait: {
    summary: 'block until tasks have ended; tells what happens meanwhile',
    load: () => import('./commands/task/wait.ts'),
  },
  inbox: {
    summary: 'what happened to your tasks while nobody looked, once',
    load: () => import('./commands/task/inbox.ts'),
  },
  'wait-for-capacity': {
    summary: 'block until there is room, and hold it for the next run',
    load: () => import('./commands/task/wait-for-capacity.ts'),
  },
  status: {
    summary: 'host, capacity and queue; or one task in full',
    load: () => import('./commands/task/status.ts'),
  },
  list: {
    summary: "this project's tasks: live, and ended in the last day",
    aliases: ['ls'],
    load: () => import('./commands/task/list.ts'),
  },
  log: {
    summary: 'what a task has printed',
    aliases: ['logs'],
    load: () => import('./commands/task/log.ts'),
  },
  kill: {
    summary: 'end tasks, gracefully first',
    aliases: ['stop'],
    load: () => import('./commands/task/kill.ts'),
  },
  pause: { summary: 'freeze running tasks', load: () => import('./commands/task/pause.ts') },
  resume: { summary: 'let paused tasks go on', load: () => import('./commands/task/resume.ts') },
  adjust: {
    summary: 'new estimates, kill timeout or priority, also while it runs',
    load: () => import('./commands/task/adjust.ts'),
  },
  retry: {
    summary: 'another attempt of tasks that have ended',
    load: () => import('./commands/task/retry.ts'),
  },
  clean: { summary: 'remove ended tasks and their logs', load: () => import('./commands/task/clean.ts') },
  backup: {
    summary: 'copy the record while the daemon runs',
    load: () => import('./commands/daemon/backup.ts'),
  },
  progress: {
    summary: 'inside a task: tell how far it is',
    load: () => import('./commands/task/progress.ts'),
  },
  checkpoint: {
    summary: 'inside a task: which items are done, over every attempt',
    load: () => import('./commands/task/checkpoint.ts'),
  },
  heartbeat: {
    summary: 'one record a minute of what a task did',
    load: () => import('./commands/task/heartbeat.ts'),
  },
  profile: {
    summary: 'show or switch how much of the host tasks get',
    load: () => import('./commands/daemon/profile.ts'),
  },
  ping: { summary: 'is the daemon there?', load: () => import('./commands/daemon/ping.ts') },
  'daemon-start': {
    summary: 'start the daemon (any command does it too)',
    load: () => import('./commands/daemon/daemon-start.ts'),
  },
  'daemon-stop': {
    summary: 'stop the daemon; tasks run on',
    load: () => import('./commands/daemon/daemon-stop.ts'),
  },
  'daemon-restart': {
    summary: 'stop and start the daemon; tasks run on',
    load: () => import('./commands/daemon/daemon-restart.ts'),
  },
  'daemon-status': {
    summary: 'the daemon: pid, version, driver, home',
    load: () => import('./commands/daemon/daemon-status.ts'),
  },
  service: {
    summary: 'start the daemon with the host, and again when it dies',
    load: () => import('./commands/daemon/service.ts'),
  },
  doctor: {
    summary: 'what this host lets babysit enforce, and the fixes',
    load: () => import('./commands/daemon/doctor.ts'),
  },
  config: {
    summary: 'every setting, its value and where it came from',
    load: () => import('./commands/daemon/config.ts'),
  },
  hooks: {
    summary: 'keep agents from polling: hooks for Claude Code',
    load: () => import('./commands/agents/hooks.ts'),
  },
  skills: {
    summary: 'teach agents babysit: a skill, or a block in AGENTS.md',
    load: () => import('./commands/agents/skills.ts'),
  },
  mcp: {
    summary: 'serve the same verbs to an agent as tools, over MCP',
    load: () => import('./commands/agents/mcp.ts'),
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
