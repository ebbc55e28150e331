// What every test may use: little of the host, and two minutes of patience.

/** Flags of a task that leaves room for many others. Twice its time is longer than every deadline of a test. */
export const SMALL = ['--estimated_mem_bytes=32M', '--estimated_cpu_cores=0.1', '--estimated_time=10m'];
/** The same in the body of a request. */
export const SMALL_BODY = { estimated_mem_bytes: '32M', estimated_cpu_cores: 0.1, estimated_time: '10m' };

/** In guests, which fork twenty-five times slower than the host. */
const PATIENCE = Number(process.env.BABYSIT_TEST_PATIENCE ?? 1);
/** A test that waits longer has failed. */
export const DEADLINE_MS = PATIENCE * 120_000;
/** For a step that is long by itself. */
export const LONG = { deadlineMs: 300_000 };

/**
 * With this config a sample comes every five minutes, so what happens within `EVENT_MS` was caused by an event, not by the
 * next sample.
 */
export const RARE_SAMPLES = { 'watchdog.monitor_interval': '5m' };
export const EVENT_MS = 60_000;
