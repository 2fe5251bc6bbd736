// Which messages of a room this browser said: those it may change. All tabs know, also after a
// reload. The node decides in the end: it lets a user change what that user said.

import { readJson, type Kept } from '../../shared/kept';

const ownMax = 300; // a room: the newest

export class OwnMessages {
  #kept: Kept;
  #roomId: string;
  #who: () => string;
  #key = '';
  #ids = new Set<string>();

  /** `who` the reader is: a key may be given later. */
  constructor(kept: Kept, roomId: string, who: () => string) {
    this.#kept = kept;
    this.#roomId = roomId;
    this.#who = who;
  }

  has(id: string): boolean {
    return this.#mine().has(id);
  }

  add(id: string): void {
    if (this.has(id)) return;
    this.#ids.add(id);
    // Another tab may have said something, too.
    const all = [...new Set([...this.#read(), id])].sort().slice(-ownMax);
    this.#kept.set(this.#key, JSON.stringify(all));
  }

  /** Storage changed in another tab: the ids that are new. */
  changed(key: string | null): string[] {
    if (key !== this.#key) return [];
    const fresh = this.#read().filter((id) => !this.#ids.has(id));
    for (const id of fresh) this.#ids.add(id);
    return fresh;
  }

  #mine(): Set<string> {
    const key = `chatd.own.${this.#who()}.${this.#roomId}`;
    if (key !== this.#key) {
      this.#key = key;
      this.#ids = new Set(this.#read());
    }
    return this.#ids;
  }

  #read(): string[] {
    const ids = readJson<string[]>(this.#kept, this.#key);
    return Array.isArray(ids) ? ids : [];
  }
}
