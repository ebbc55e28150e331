// The table of commands. The code of a command is loaded when it is called.
import { nearest } from '../src/text/nearest.ts';
import type { CommandEntry } from './command.ts';
import { callsFor } from './input/elsewhere.ts';

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  run: {
    summary: 'submit a command with its estimates and return at once',
    load: () => import('./commands/task/run.ts'),
  },
  exec: {
    summary: 'run a command as if it stood there alone',
    load: () => import('./commands/stream/exec.ts'),
  },
  attach: {
    summary: 'continue the output and input of a task of exec',
    load: () => import('./commands/stream/attach.ts'),
  },
  send: {
    summary: 'write to the standard input of a task',
    load: () => import('./commands/stream/send.ts'),
  },
  wait: {
    summary: 'wait until tasks end, and report how they ended',
    load: () => import('./commands/task/wait.ts'),
  },
  events: {
    summary: 'print the events of all tasks from a cursor on',
    load: () => import('./commands/task/events.ts'),
  },
  inbox: {
    summary: 'show events of your tasks that no reader has shown yet',
    load: () => import('./commands/task/inbox.ts'),
  },
  'wait-for-capacity': {
    summary: 'wait for room and hold it for the next run',
    load: () => import('./commands/task/wait-for-capacity.ts'),
  },
  status: {
    summary: 'show host, capacity and queue, or one task in full',
    load: () => import('./commands/task/status.ts'),
  },
  list: {
    summary: "list this project's live and recently ended tasks",
    aliases: ['ls'],
    load: () => import('./commands/task/list.ts'),
  },
  top: {
    summary: 'watch host, tasks and queue on a full screen',
    load: () => import('./commands/people/top.ts'),
  },
  log: {
    summary: 'show the output of a task',
    aliases: ['logs'],
    load: () => import('./commands/task/log.ts'),
  },
  kill: {
    summary: 'end tasks, gracefully first',
    aliases: ['stop'],
    load: () => import('./commands/task/kill.ts'),
  },
  pause: { summary: 'freeze running tasks', load: () => import('./commands/task/pause.ts') },
  resume: { summary: 'continue paused tasks', load: () => import('./commands/task/resume.ts') },
  adjust: {
    summary: 'change estimates, kill timeout or priority of live tasks',
    load: () => import('./commands/task/adjust.ts'),
  },
  retry: {
    summary: 'start another attempt of ended tasks',
    load: () => import('./commands/task/retry.ts'),
  },
  clean: { summary: 'remove ended tasks and their logs', load: () => import('./commands/task/clean.ts') },
  backup: {
    summary: 'copy the database while the daemon runs',
    load: () => import('./commands/daemon/backup.ts'),
  },
  estimates: {
    summary: 'show or forget what earlier runs of a command used',
    load: () => import('./commands/task/estimates.ts'),
  },
  progress: {
    summary: 'inside a task: report its progress',
    load: () => import('./commands/task/progress.ts'),
  },
  checkpoint: {
    summary: 'inside a task: record finished items for all attempts',
    load: () => import('./commands/task/checkpoint.ts'),
  },
  heartbeat: {
    summary: 'show what a task used, one record a minute',
    load: () => import('./commands/task/heartbeat.ts'),
  },
  hold: {
    summary: 'stop the starting of tasks; running ones are not touched',
    load: () => import('./commands/daemon/hold.ts'),
  },
  release: {
    summary: 'let held tasks start again',
    load: () => import('./commands/daemon/release.ts'),
  },
  series: {
    summary: 'print the use of the host or of a task over time',
    load: () => import('./commands/observe/series.ts'),
  },
  history: {
    summary: 'show what tasks took, waited for and lost, over days',
    load: () => import('./commands/observe/history.ts'),
  },
  metrics: {
    summary: 'print metrics for Prometheus, or write them to a file',
    load: () => import('./commands/observe/metrics.ts'),
  },
  profile: {
    summary: 'show or switch how much of the host tasks may use',
    load: () => import('./commands/daemon/profile.ts'),
  },
  dashboard: {
    summary: 'serve a page with the host, the queue and the tasks',
    load: () => import('./commands/daemon/dashboard.ts'),
  },
  ping: { summary: 'check whether the daemon answers', load: () => import('./commands/daemon/ping.ts') },
  'daemon-start': {
    summary: 'start the daemon (other commands start it when needed)',
    load: () => import('./commands/daemon/daemon-start.ts'),
  },
  'daemon-stop': {
    summary: 'stop the daemon; tasks keep running',
    load: () => import('./commands/daemon/daemon-stop.ts'),
  },
  'daemon-restart': {
    summary: 'restart the daemon; tasks keep running',
    load: () => import('./commands/daemon/daemon-restart.ts'),
  },
  'daemon-status': {
    summary: 'show pid, version, driver and home of the daemon',
    load: () => import('./commands/daemon/daemon-status.ts'),
  },
  service: {
    summary: 'start the daemon at boot and after a crash',
    load: () => import('./commands/daemon/service.ts'),
  },
  doctor: {
    summary: 'check what babysit can enforce on this host',
    load: () => import('./commands/daemon/doctor.ts'),
  },
  config: {
    summary: 'show every setting with its value and source',
    load: () => import('./commands/daemon/config.ts'),
  },
  hooks: {
    summary: 'install and explain hooks that guide agents',
    load: () => import('./commands/agents/hooks.ts'),
  },
  shim: {
    summary: 'run programs through babysit by their names in PATH',
    load: () => import('./commands/agents/shim.ts'),
  },
  skills: {
    summary: 'install instructions for agents: a skill or a text block',
    load: () => import('./commands/agents/skills.ts'),
  },
  mcp: {
    summary: 'serve the verbs as tools of an MCP server',
    load: () => import('./commands/agents/mcp.ts'),
  },
  completions: {
    summary: 'print the completion script of a shell',
    load: () => import('./commands/people/completions.ts'),
  },
  help: { summary: 'show this overview or the help of a command', load: () => import('./commands/help.ts') },
  version: {
    summary: 'show the versions of babysit and Node',
    load: () => import('./commands/version.ts'),
  },
};

/** Returns the name in the table for `daemon_start`, `logs` and the like, else null. */
export function resolveCommand(word: string): string | null {
  const name = word.replaceAll('_', '-').toLowerCase();
  if (Object.hasOwn(COMMANDS, name)) return name;
  return Object.keys(COMMANDS).find((key) => COMMANDS[key]?.aliases?.includes(name)) ?? null;
}

/** What an unknown command probably means, as words after `babysit`, the likeliest first. */
export function meantCalls(word: string): string[] {
  const typed = word.replaceAll('_', '-').toLowerCase();
  const meant = callsFor(typed);
  const near = meant.length > 0 ? null : nearest(typed, commandWords());
  return near === null ? meant : [near];
}

export function commandWords(): string[] {
  return Object.entries(COMMANDS).flatMap(([name, entry]) => [name, ...(entry.aliases ?? [])]);
}
