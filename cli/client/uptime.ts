// A clock that never goes back. `performance` would load node:perf_hooks, a millisecond of start-up.

export function uptimeMs(): number {
  return process.uptime() * 1000;
}
