// What was written and is not yet in the room. It outlives reloads, and each has an id of its own,
// so that the node stores it once however often it is sent.

import { readJson, type Kept } from '../../shared/kept';
import type { Words } from '../../shared/words';

export interface Unsent {
  readonly clientId: string;
  readonly text: string;
  readonly at: number;
  /** The session in which it went out: the room may have it. Only that session can send it again. */
  readonly triedIn?: string;
  /** What the room had when it first went out. */
  readonly after: string | null;
  /** The node does not want it as it is. */
  readonly refusal?: Words;
}

export const unsentKey = (roomId: string): string => `chatd.unsent.${roomId}`;

/** What an outbox left; nothing where that cannot be read. */
export function readUnsent(kept: Kept, roomId: string): readonly Unsent[] {
  const items = readJson<Unsent[]>(kept, unsentKey(roomId));
  return Array.isArray(items) ? items : [];
}

export class Outbox {
  #kept: Kept;
  #key: string;
  #items: readonly Unsent[];

  constructor(kept: Kept, roomId: string) {
    this.#kept = kept;
    this.#key = unsentKey(roomId);
    this.#items = readUnsent(kept, roomId);
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
    this.#set([...this.#items, { clientId, text, at, after: null }]);
  }
  /** What another outbox of this room left. */
  takeOver(items: readonly Unsent[]): void {
    this.#set([...items.filter((item) => !this.find(item.clientId)), ...this.#items]);
  }
  /** It is being sent. */
  tried(clientId: string, sessionId: string, after: string | null): void {
    this.#change(clientId, (item) =>
      item.triedIn === undefined ? { ...item, triedIn: sessionId, after } : item);
  }
  /** The room surely does not have it. */
  untried(clientId: string): void {
    this.#change(clientId, ({ triedIn: _, ...item }) => item);
  }
  refuse(clientId: string, refusal: Words): void {
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
