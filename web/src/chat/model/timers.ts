// Timers by name, one of each.

export class Timers<Name extends string> {
  #after: (ms: number, what: () => void) => () => void;
  #running = new Map<Name, () => void>(); // each calls one off

  constructor(after: (ms: number, what: () => void) => () => void) {
    this.#after = after;
  }

  has(name: Name): boolean {
    return this.#running.has(name);
  }

  /** In place of the one of that name. */
  set(name: Name, ms: number, what: () => void): void {
    this.stop(name);
    const off = this.#after(ms, () => {
      this.#running.delete(name);
      what();
    });
    this.#running.set(name, off);
  }

  stop(name: Name): void {
    this.#running.get(name)?.();
    this.#running.delete(name);
  }
  stopAll(): void {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }
}
