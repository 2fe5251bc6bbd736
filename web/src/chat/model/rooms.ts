// The rooms there are, by name: a page at a time, asked for again every few seconds while somebody
// looks. Those that somebody is in are known as well, whatever the page and the search are.

import { Changes } from '../../shared/changes';
import type { CommandError, Rpc } from '../../shared/rpc';

export interface Room {
  id: string;
  name: string;
  description?: string;
  participants: number;
  maxParticipants: number;
  available: boolean;
  visibility?: 'private';
}

interface RoomPage {
  rooms: Room[];
  total: number;
  nextCursor?: string;
}

const refreshMs = 4_000;
const pageSize = 100;
const shownMax = 1_000; // the most that one call gives: who has more searches
const lookUpMs = 30_000; // how often those that are not on the page are asked for
const byName = new Intl.Collator(undefined, { numeric: true });

/** As they are shown: by what people call them. */
export const inOrder = (rooms: readonly Room[]): Room[] =>
  [...rooms].sort((a, b) => byName.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));

export class Rooms extends Changes {
  #rpc: Rpc;
  #limit = pageSize;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #known = new Map<string, Room>(); // all that were seen
  #lookedUp = new Map<string, number>(); // when
  /** Rooms that have to be known. */
  wanted: () => string[] = () => [];
  list: Room[] = [];
  total = 0;
  hasMore = false;
  search = '';
  isLoaded = false;
  error: CommandError | undefined;

  constructor(rpc: Rpc) {
    super();
    this.#rpc = rpc;
  }

  find(id: string): Room | undefined {
    return this.#known.get(id);
  }

  /** Now, and then again and again. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const answer = await this.#rpc.call<RoomPage>('chat-rooms', {
      limit: this.#limit,
      ...(this.search !== '' && { search: this.search }),
    });
    if (asked !== this.#asked) return;
    if (answer.success) {
      this.list = inOrder(answer.data.rooms);
      for (const room of this.list) this.#known.set(room.id, room);
      this.total = answer.data.total;
      this.hasMore = answer.data.nextCursor !== undefined && this.#limit < shownMax;
      this.isLoaded = true;
    }
    this.error = answer.success ? undefined : answer.error;
    if (answer.success) this.lookUp();
    this.changed();
    if (!document.hidden) this.#timer = setTimeout(() => void this.refresh(), refreshMs);
  }

  /** Asks for those that have to be known and are not on the page. */
  lookUp(): void {
    const now = Date.now();
    for (const id of this.wanted()) {
      const isDue = now - (this.#lookedUp.get(id) ?? -Infinity) >= lookUpMs;
      if (!isDue || this.list.some((room) => room.id === id)) continue;
      if (this.search !== '' && this.#known.has(id)) continue; // the page is a part of it
      this.#lookedUp.set(id, now);
      void this.#find(id);
    }
  }

  async #find(id: string): Promise<void> {
    // There is no command for one room: it is near the beginning of those with its id in them that
    // come after what it begins with.
    const cursor = id.slice(0, -1);
    const answer = await this.#rpc.call<RoomPage>('chat-rooms', {
      search: id,
      limit: pageSize,
      ...(cursor !== '' && { cursor }),
    });
    if (!answer.success) return void this.#lookedUp.delete(id);
    const room = answer.data.rooms.find((one) => one.id === id);
    if (!room) return; // deleted, or not open to us
    this.#known.set(id, room);
    this.changed();
  }

  lookFor(search: string): void {
    this.search = search;
    this.changed();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), 150); // once the typing pauses
  }

  more(): void {
    this.#limit = Math.min(this.#limit * 4, shownMax);
    void this.refresh();
  }
}
