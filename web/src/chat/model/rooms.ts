// The list of rooms: a page at a time, asked for again every few seconds while somebody looks.

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

export class Rooms extends Changes {
  #rpc: Rpc;
  #limit = pageSize;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
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
    return this.list.find((room) => room.id === id);
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
      this.list = answer.data.rooms;
      this.total = answer.data.total;
      this.hasMore = answer.data.nextCursor !== undefined && this.#limit < shownMax;
      this.isLoaded = true;
    }
    this.error = answer.success ? undefined : answer.error;
    this.changed();
    if (!document.hidden) this.#timer = setTimeout(() => void this.refresh(), refreshMs);
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
