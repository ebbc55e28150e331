// Keeps what was learned in memory, as the daemon keeps it in its database.
import type { LearnedLevel } from '../../src/core/estimate.ts';
import { RUNS_MAX } from '../../src/estimates/estimator.ts';
import type { CommandKey } from '../../src/estimates/key.ts';
import type { History } from '../../src/estimates/predict.ts';
import type { RunSample } from '../../src/estimates/run-sample.ts';

export class MemoryHistory {
  readonly #runs = new Map<string, RunSample[]>();

  of(project: string, key: CommandKey): History {
    const names = namesOf(project, key);
    const at = (level: LearnedLevel) => this.#runs.get(names[level]) ?? [];
    return {
      exact: at('exact'),
      shape: at('shape'),
      subcommand: at('subcommand'),
      elsewhere: at('elsewhere'),
    };
  }

  add(project: string, key: CommandKey, run: RunSample): void {
    for (const name of Object.values(namesOf(project, key))) {
      const runs = this.#runs.get(name) ?? [];
      runs.push(run);
      if (runs.length > RUNS_MAX) runs.shift();
      this.#runs.set(name, runs);
    }
  }
}

function namesOf(
  project: string,
  { exact, shape, subcommand }: CommandKey,
): Readonly<Record<LearnedLevel, string>> {
  return {
    exact: `exact\0${project}\0${exact}`,
    shape: `shape\0${project}\0${shape}`,
    subcommand: `subcommand\0${project}\0${subcommand}`,
    elsewhere: `elsewhere\0${subcommand}`,
  };
}
