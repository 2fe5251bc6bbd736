// Something that changes, and those who want to know. They are told at most once a frame, so that a
// flood of messages is one rendering.

export class Changes {
  #listeners = new Set<() => void>();
  #due = false;
  /** Another one after each change: what React compares. */
  version = 0;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  changed(): void {
    ++this.version;
    if (this.#due) return;
    this.#due = true;
    soon(() => {
      this.#due = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

/** Hidden pages have no frames. */
function soon(what: () => void): void {
  if (typeof document === 'undefined') queueMicrotask(what);
  else if (document.hidden) setTimeout(what, 100);
  else requestAnimationFrame(what);
}
