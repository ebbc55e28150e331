// The launch of an attempt for tests of the supervisor: a shell line, without a cgroup.
import { INHERITS_NOTHING } from '../../../src/core/inherited.ts';
import type { Command } from '../../../src/core/task.ts';
import type { Launch, Tools } from '../../../src/exec/launch-script.ts';
import { readRecords } from '../../../src/exec/records.ts';
import type { Observer } from '../../../src/exec/start.ts';
import { findTools } from '../../../src/exec/tools.ts';

/** Of the spawner and of what it starts. */
export const NICE = 5;

const { TEST_BASH } = process.env;
/** The programs of this host; TEST_BASH=/path/to/bash replaces its bash. */
export const TOOLS: Tools = { ...findTools(NICE), ...(TEST_BASH === undefined ? {} : { bash: TEST_BASH }) };

export function aLaunch(
  dir: string,
  cwd: string,
  command: Command | string,
  changes: Partial<Launch>,
): Launch {
  return {
    dir,
    log: { maxBytes: 50 * 1024 ** 2, keep: 5 },
    entryFiles: [],
    preparation: null,
    journal: null,
    counterFiles: [],
    oomScoreAdj: 0,
    command: typeof command === 'string' ? { kind: 'shell', line: command } : command,
    cwd,
    umask: 0o022,
    inherited: INHERITS_NOTHING,
    env: { PATH: process.env.PATH ?? '' },
    jobs: null,
    nice: NICE,
    isBackground: false,
    usesPty: false,
    streams: null,
    tools: TOOLS,
    ...changes,
  };
}

/** Knows only the records. */
export function anObserver(dir: string): Observer {
  return { observe() {}, awaitsSupervisor: () => readRecords(dir).supervisor === null };
}
