// Closes the parts of the daemon in the reverse order of opening.

/** AsyncDisposableStack needs Node 24; the oldest supported Node is older. */
export class ClosingStack {
  readonly #closes: (() => void | Promise<void>)[] = [];

  push(close: () => void | Promise<void>): void {
    this.#closes.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.#closes.pop(); close !== undefined; close = this.#closes.pop()) await close();
  }
}
