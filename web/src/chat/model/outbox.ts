// What was written and is not yet in the room. It outlives reloads, and each has an id of its own,
// so that the node stores it once however often it is sent.

import { readJson, type Kept } from '../../shared/kept';

export interface Unsent {
  readonly clientId: string;
  readonly text: string;
  readonly at: number;
  /** It went out in a session that may have ended since: the room may have it. */
  readonly wasTried: boolean;
  /** What the room had when it first went out. */
  readonly after: string | null;
  /** The node does not want it as it is. */
  readonly refusal?: { message: string; suggestion?: string };
}

export class Outbox {
  #kept: Kept;
  #key: string;
  #items: readonly Unsent[];

  constructor(kept: Kept, roomId: string) {
    this.#kept = kept;
    this.#key = `chatd.unsent.${roomId}`;
    const before = readJson<Unsent[]>(kept, this.#key);
    this.#items = Array.isArray(before) ? before : [];
  }

  get items(): readonly Unsent[] {
    return this.#items;
  }
  /** The next one to send. */
  get next(): Unsent | undefined {
    return this.#items.find((item) => !item.refusal);
  }
  find(clientId: string): Unsent | undefined {
    return this.#items.find((item) => item.clientId === clientId);
  }

  add(clientId: string, text: string, at: number): void {
    this.#set([...this.#items, { clientId, text, at, wasTried: false, after: null }]);
  }
  /** It is being sent. */
  tried(clientId: string, after: string | null): void {
    this.#change(clientId, (item) => (item.wasTried ? item : { ...item, wasTried: true, after }));
  }
  refuse(clientId: string, refusal: { message: string; suggestion?: string }): void {
    this.#change(clientId, (item) => ({ ...item, refusal }));
  }
  /** A refused one is to be sent after all. */
  again(clientId: string): void {
    this.#change(clientId, ({ refusal: _, ...item }) => item);
  }
  /** It is in the room, or not wanted any more. */
  remove(clientId: string): boolean {
    if (!this.find(clientId)) return false;
    this.#set(this.#items.filter((item) => item.clientId !== clientId));
    return true;
  }

  #change(clientId: string, how: (item: Unsent) => Unsent): void {
    this.#set(this.#items.map((item) => (item.clientId === clientId ? how(item) : item)));
  }

  #set(items: readonly Unsent[]): void {
    this.#items = items;
    if (items.length === 0) this.#kept.remove(this.#key);
    else this.#kept.set(this.#key, JSON.stringify(items));
  }
}
