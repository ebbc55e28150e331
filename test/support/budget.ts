// What every test may use: little of the host, and five minutes of patience.

/** Flags of a task that leaves room for many others. Twice its time is longer than every deadline of a test. */
export const SMALL = ['--estimated_mem_bytes=32M', '--estimated_cpu_cores=0.1', '--estimated_time=10m'];
/** The same in the body of a request. */
export const SMALL_BODY = { estimated_mem_bytes: '32M', estimated_cpu_cores: 0.1, estimated_time: '10m' };

/** In guests, which fork twenty-five times slower than the host. */
const PATIENCE = Number(process.env.BABYSIT_TEST_PATIENCE ?? 1);
/** A test that waits longer has failed. A daemon alone may take three minutes to start. */
export const DEADLINE_MS = PATIENCE * 300_000;
/** For a step that is long by itself, or a client that lives as long as its test. */
export const LONG = { deadlineMs: 900_000 };

/**
 * With this config a sample comes every twenty minutes, so what happens within `EVENT_MS` was caused by an event, not by the
 * next sample.
 */
export const RARE_SAMPLES = { 'watchdog.monitor_interval': '20m' };
export const EVENT_MS = 120_000;
