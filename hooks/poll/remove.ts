// Removes commands from a script so that the rest stays valid and in order.
import type { Chain, Element, List } from './steps.ts';

/** Collects removals; `apply` makes them edits, with the operators and separators that they leave over. */
export class Removals {
  readonly #elements = new Map<Chain, Set<number>>();

  add({ chain, index }: Element): void {
    const removed = this.#elements.get(chain) ?? new Set();
    this.#elements.set(chain, removed.add(index));
  }

  addChain(chain: Chain): void {
    this.#elements.set(chain, new Set(chain.elements.keys()));
  }

  /** Returns whether every element before this one in its chain is removed. */
  isFirst({ chain, index }: Element): boolean {
    const removed = this.#elements.get(chain);
    return Array.from({ length: index }, (_, i) => i).every((i) => removed?.has(i) ?? false);
  }

  apply(): void {
    const lists = new Map<List, Set<number>>();
    // A list that becomes empty empties its group, and so on outward.
    for (const chain of this.#emptied()) {
      const statements = lists.get(chain.list) ?? new Set();
      lists.set(chain.list, statements.add(chain.index));
    }
    for (const [list, removed] of lists) removeStatements(list, removed);
    for (const [chain, removed] of this.#elements)
      if (removed.size < chain.elements.length) removeElements(chain, removed);
  }

  #emptied(): Chain[] {
    const done = new Set<Chain>();
    for (;;) {
      const fresh = [...this.#elements].filter(
        ([chain, removed]) => removed.size === chain.elements.length && !done.has(chain),
      );
      if (fresh.length === 0) return [...done];
      for (const [chain] of fresh) done.add(chain);
      for (const [{ list }] of fresh) {
        const gone = [...done].filter((chain) => chain.list === list);
        if (list.owner !== null && gone.length === list.statements.length) this.add(list.owner);
      }
    }
  }
}

function removeElements({ source, start, end, elements }: Chain, removed: ReadonlySet<number>): void {
  const first = elements.findIndex((_, i) => !removed.has(i));
  const begin = elements[first]?.start ?? end;
  if (begin > start) source.edit(start, begin, '');
  for (const i of removed) {
    const [before, own] = [elements[i - 1], elements[i]];
    if (i > first && before !== undefined && own !== undefined) source.edit(before.end, own.end, '');
  }
}

function removeStatements({ source, statements, isInner }: List, removed: ReadonlySet<number>): void {
  const lastKept = statements.findLastIndex((_, i) => !removed.has(i));
  const first = statements[0];
  const last = statements.at(-1);
  if (first === undefined || last === undefined) return;
  if (lastKept < 0) {
    source.edit(first.start, last.end, isInner ? ':' : '');
    return;
  }
  for (const i of removed) {
    const own = statements[i];
    if (own === undefined || i > lastKept) continue;
    const next = statements[i + 1]?.start ?? own.end;
    // The body of a heredoc on the same line belongs to another command.
    const isCut = source.bodies.some(({ at, start }) => at < own.start && start > own.start && start < next);
    if (isCut) source.edit(own.start, own.end, ':');
    else source.edit(own.start, next, '');
  }
  const end = statements[lastKept]?.end ?? last.end;
  if (last.end > end) {
    const isCut = source.bodies.some(({ at, start }) => at < end && start > end && start < last.end);
    if (isCut)
      for (const i of removed) {
        const own = statements[i];
        if (own !== undefined && i > lastKept) source.edit(own.start, own.end, ':');
      }
    // `a & ; done` is not valid.
    else
      source.edit(
        end,
        last.end,
        /^\s*;/.test(source.text.slice(last.end)) && source.text[end - 1] === '&' ? ' :' : '',
      );
  }
}
