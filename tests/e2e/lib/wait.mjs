// Waiting for events, never longer than a deadline.

import { setTimeout as pause } from 'node:timers/promises';

/** How long anything may take: generous, as sanitized builds on busy machines are slow. */
export const patience = 30_000;

export async function withDeadline(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${ms} ms for ${typeof what === 'function' ? what() : what}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again, where there is no event to wait for. Answers the first truthy answer. */
export async function until(question, what, ms = patience) {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
    await pause(20);
  }
}

/** Items in order of arrival; a reader takes the first that it wants, and waits for it if need be. */
export class Mailbox {
  #items = [];
  #readers = [];
  #end;

  push(item) {
    const index = this.#readers.findIndex((reader) => reader.wanted(item));
    if (index < 0) return void this.#items.push(item);
    this.#readers.splice(index, 1)[0].resolve(item);
  }

  /** No more items: whoever waits gets `error`. */
  end(error) {
    this.#end = error;
    for (const reader of this.#readers.splice(0)) reader.reject(error);
  }

  async next(wanted, ms, what) {
    const index = this.#items.findIndex(wanted);
    if (index >= 0) return this.#items.splice(index, 1)[0];
    if (this.#end) throw this.#end;
    let reader;
    const item = new Promise((resolve, reject) => {
      reader = { wanted, resolve, reject };
      this.#readers.push(reader);
    });
    try {
      return await withDeadline(item, ms, what);
    } finally {
      this.#readers = this.#readers.filter((other) => other !== reader);
    }
  }

  take() {
    return this.#items.splice(0);
  }
}
