// What the reader has seen of a room, in this visit and in earlier ones.

import type { Kept } from '../../shared/kept';
import type { RoomLog } from './log';

export class Reader {
  #kept: Kept;
  #log: RoomLog;
  /** Messages of others since the reader last looked. */
  unread = 0;

  constructor(kept: Kept, log: RoomLog) {
    this.#kept = kept;
    this.#log = log;
  }

  get #key(): string {
    return `chatd.seen.${this.#log.roomId}`;
  }
  /** The last message that was in sight. */
  get seenId(): string | null {
    return this.#kept.get(this.#key);
  }

  /** The newest message is in sight. */
  seen(): void {
    const newest = this.#log.newest?.id;
    if (newest !== undefined) this.#kept.set(this.#key, newest);
    this.unread = 0;
  }

  /** What an earlier visit did not see. */
  countUnseen(): void {
    const { seenId } = this;
    if (seenId === null) return;
    const { messages } = this.#log.live;
    this.unread = messages.filter((one) => one.id > seenId && !one.isMine).length;
  }
}
