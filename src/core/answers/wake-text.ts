// The text that wakes an agent: what happened to which task, and the command to run next. No output of the task.

/** The fields of an event, with the names of the JSON. Further fields are ignored. */
export interface Wake {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly status?: unknown;
  readonly exit_code?: unknown;
  readonly signal?: unknown;
  readonly kill_reason?: unknown;
  readonly reason?: unknown;
  readonly dim?: unknown;
  readonly kill_in_s?: unknown;
  readonly hint?: unknown;
  readonly suggested_command?: unknown;
}

/** Two lines: the fact, and the next command. */
export function wakeText(wake: Wake): string {
  const { event, id, name, hint, suggested_command } = wake;
  const fact = event === 'ended' ? endOf(wake) : riskOf(wake);
  const advice = typeof hint === 'string' ? `. ${hint}` : '';
  const next = suggested_command ?? (event === 'ended' ? `babysit log ${id}` : `babysit status ${id}`);
  return `babysit: task ${name} (${id}) ${fact}${advice}\nNext: ${next}`;
}

function endOf({ status, exit_code, signal, kill_reason, reason }: Wake): string {
  const exit = typeof exit_code === 'number' ? `exit code ${exit_code}` : signal;
  // For an exit, the reason adds nothing.
  const how = [exit, kill_reason, exit ? null : reason].filter((each) => typeof each === 'string');
  return `ended as ${status}${how.length === 0 ? '' : `: ${how.join(', ')}`}`;
}

function riskOf({ event, dim, kill_in_s }: Wake): string {
  const which = typeof dim === 'string' ? ` (${dim})` : '';
  const when = typeof kill_in_s === 'number' ? `, will be killed in ${Math.round(kill_in_s)} s` : '';
  return `has ${event}${which}${when}`;
}
