// What a task and the tasks inside it are charged, and what one more needs beyond that.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { taskId } from '../../test/support/build/build-task.ts';
import type { RunningItem } from './items.ts';
import { toRunning } from './items.ts';
import { type Branch, chargeOf, foldTrees, needBeyond } from './tree.ts';

interface Given {
  readonly mem: number;
  readonly cpu?: number;
  readonly live?: number;
  readonly liveCpu?: number;
  readonly inside?: number;
  readonly isWithinParent?: boolean;
}

function branch(
  n: number,
  { mem, cpu = 0, live = 0, liveCpu = 0, inside, isWithinParent = false }: Given,
): Branch {
  const pending = {
    ...({ id: taskId(n), kind: 'task', name: `t${n}`, owner: 'o', priority: 0, submittedAtMs: n } as const),
    ...{ need: { memBytes: mem, cpuCores: cpu }, timeMs: 1000, killTimeoutMs: 2000 },
  };
  const item: RunningItem = { ...toRunning(pending, 0), liveMemBytes: live, liveCpuCores: liveCpu };
  return { item, parentId: inside === undefined ? null : taskId(inside), isWithinParent };
}

const charge = (...given: Given[]) => chargeOf(foldTrees(given.map((one, n) => branch(n, one))));

describe('the charge of a tree', () => {
  const TABLE: [what: string, given: Given[], mem: number, cpu: number][] = [
    ['one task: its estimate', [{ mem: 4, cpu: 2 }], 4, 2],
    ['one task above its estimate: its use', [{ mem: 4, cpu: 2, live: 5, liveCpu: 3 }], 5, 3],
    [
      'a child within the estimate: nothing more',
      [
        { mem: 4, cpu: 2 },
        { mem: 3, cpu: 2, inside: 0 },
      ],
      4,
      2,
    ],
    [
      'a child beyond: the difference',
      [
        { mem: 4, cpu: 2 },
        { mem: 5, cpu: 3, inside: 0 },
      ],
      5,
      3,
    ],
    [
      'the use of the parent beside its child',
      [
        { mem: 4, live: 2 },
        { mem: 3, inside: 0 },
      ],
      5,
      0,
    ],
    [
      'two children',
      [
        { mem: 4, cpu: 2 },
        { mem: 3, cpu: 1, inside: 0 },
        { mem: 3, cpu: 2, inside: 0 },
      ],
      6,
      3,
    ],
    [
      'a child without room: only its use',
      [
        { mem: 4, cpu: 2 },
        { mem: 9, cpu: 9, live: 3, inside: 0, isWithinParent: true },
      ],
      4,
      2,
    ],
    [
      'a child without room after its parent has ended: all',
      [{ mem: 9, cpu: 9, inside: 7, isWithinParent: true }],
      9,
      9,
    ],
    [
      'cores in use of the whole tree',
      [
        { mem: 1, cpu: 2, liveCpu: 1.5 },
        { mem: 1, cpu: 2, liveCpu: 1.5, inside: 0 },
      ],
      1,
      3,
    ],
    [
      'a grandchild',
      [
        { mem: 8, cpu: 4 },
        { mem: 2, cpu: 1, inside: 0 },
        { mem: 6, cpu: 3, inside: 1 },
      ],
      8,
      4,
    ],
  ];
  for (const [what, given, memBytes, cpuCores] of TABLE)
    it(`of ${what}`, () => assert.deepEqual(charge(...given), { memBytes, cpuCores }));

  const aTree = fc
    .array(
      fc.record({ mem: fc.nat(9), cpu: fc.nat(4), live: fc.nat(9), within: fc.boolean(), around: fc.nat() }),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map((given) =>
      given.map(({ mem, cpu, live, within, around }, n) => {
        const inside = n === 0 || around % (n + 1) === n ? {} : { inside: around % (n + 1) };
        return branch(n, { mem, cpu, live, isWithinParent: within, ...inside });
      }),
    );

  it('is never below the use, nor above the charges of independent tasks', () =>
    fc.assert(
      fc.property(aTree, (tree) => {
        const { memBytes, cpuCores } = chargeOf(foldTrees(tree));
        const used = tree.reduce((sum, { item }) => sum + item.liveMemBytes, 0);
        assert.ok(memBytes >= used);
        const apart = chargeOf(tree.map(({ item }) => ({ ...item, need: { ...item.need } })));
        assert.ok(memBytes <= apart.memBytes + used && cpuCores <= apart.cpuCores);
      }),
    ));

  it('grows by what one more needs beyond it', () =>
    fc.assert(
      fc.property(aTree, fc.nat(9), fc.nat(4), fc.nat(), (tree, mem, cpu, at) => {
        const child = branch(99, { mem, cpu, inside: at % tree.length });
        const before = chargeOf(foldTrees(tree));
        const after = chargeOf(foldTrees([...tree, child]));
        const beyond = needBeyond(tree, child);
        assert.equal(after.memBytes - before.memBytes, beyond.memBytes);
        assert.ok(beyond.memBytes <= mem && beyond.cpuCores <= cpu + 1e-9);
      }),
    ));
});
