// First estimates by the kind of command, for commands that no run has shown yet.
import { type Estimate, perDimension } from '../core/estimate.ts';

const MINUTE_MS = 60_000;
const GIB = 1024 ** 3;

interface Rule {
  readonly pattern: RegExp;
  readonly estimate: Estimate;
}

/**
 * For the key `subcommand`. The sizes follow the recorded runs of coding agents (AgentCgroup, arXiv 2602.09345: peak of tests
 * p99 865 MB); builds get the memory of a compiler for each core. They are charges: the caps stay those of the defaults.
 */
const RULES: readonly Rule[] = [
  {
    pattern:
      /^(?:pytest|nosetests|unittest|jest|vitest|mocha|tox|nox|(?:npm|pnpm|yarn|bun)(?: run)? test\S*|(?:cargo|go|dotnet|mvn|gradle|make|swift|mix) test)\b/,
    estimate: { timeMs: 10 * MINUTE_MS, memBytes: 2 * GIB, cpuCores: 2 },
  },
  {
    pattern:
      /^(?:make|ninja|cmake|bazel build|tsc|webpack|vite build|(?:npm|pnpm|yarn|bun)(?: run)? build\S*|(?:cargo|go|dotnet|swift|docker) build|mvn (?:package|install|compile)|gradle (?:build|assemble))\b/,
    estimate: { timeMs: 10 * MINUTE_MS, memBytes: 4 * GIB, cpuCores: 4 },
  },
  {
    pattern:
      /^(?:eslint|prettier|ruff|flake8|black|mypy|pyright|pylint|biome|shellcheck|(?:npm|pnpm|yarn|bun)(?: run)? lint\S*|cargo (?:clippy|fmt|check)|go vet)\b/,
    estimate: { timeMs: 5 * MINUTE_MS, memBytes: 2 * GIB, cpuCores: 2 },
  },
  {
    pattern:
      /^(?:pip install|(?:npm|pnpm|yarn|bun) (?:install|ci|add|i)|uv (?:sync|pip install)|poetry install|bundle install|cargo fetch|go mod|(?:apt|apt-get|brew|conda) install)\b/,
    estimate: { timeMs: 10 * MINUTE_MS, memBytes: GIB, cpuCores: 1 },
  },
];

/** Of several commands the largest value of each dimension. Null when no rule knows one of them. */
export function estimateOfKind(subcommand: string): Estimate | null {
  const found = subcommand
    .split(' ; ')
    .map((part) => RULES.find(({ pattern }) => pattern.test(part))?.estimate);
  const known = found.filter((estimate) => estimate !== undefined);
  if (known.length < found.length) return null;
  return perDimension((dim) => Math.max(...known.map((estimate) => estimate[dim])));
}
