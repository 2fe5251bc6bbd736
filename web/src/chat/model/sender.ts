// What was written goes to the room: one message at a time, so that they come in the order they
// were written whatever is refused; each until the room has it.

import type { Frame } from './frames';
import { Outbox } from './outbox';
import type { Surroundings } from './surroundings';
import { Timers } from './timers';

/** The session whose messages these are. */
export interface Link {
  isConnected(): boolean;
  /** The newest id that the session has. */
  position(): string | null;
  send(frame: object): void;
  changed(): void;
}

export interface Notice {
  message: string;
  suggestion?: string;
}

const againAfterMs = 1_000; // where the node names no time

export class Sender {
  readonly outbox: Outbox;
  /** What the node last said about something that was not right. */
  notice: Notice | undefined;
  #world: Surroundings;
  #link: Link;
  #inFlight: string | undefined; // its client id
  #timers: Timers<'again'>;

  constructor(world: Surroundings, roomId: string, link: Link) {
    this.#world = world;
    this.#link = link;
    this.outbox = new Outbox(world.kept, roomId);
    this.#timers = new Timers(world.after);
  }

  say(text: string): void {
    this.outbox.add(this.#world.newId(), text, this.#world.now());
    this.notice = undefined;
    this.flush();
    this.#link.changed();
  }
  /** One that was refused. */
  sayAgain(clientId: string): void {
    this.outbox.again(clientId);
    this.flush();
    this.#link.changed();
  }
  discard(clientId: string): void {
    this.outbox.remove(clientId);
    this.#link.changed();
  }
  closeNotice(): void {
    this.notice = undefined;
    this.#link.changed();
  }

  /** Sends the next one, if it may go. */
  flush(): void {
    const item = this.outbox.next;
    const isWaiting = this.#inFlight !== undefined || this.#timers.has('again');
    if (!item || isWaiting || !this.#link.isConnected()) return;
    this.#inFlight = item.clientId;
    this.outbox.tried(item.clientId, this.#link.position());
    this.#link.send({ type: 'message', text: item.text, clientMessageId: item.clientId });
  }

  /** The connection is gone, and with it what is known of the one under way. */
  stop(): void {
    this.#inFlight = undefined;
    this.#timers.stopAll();
  }

  /** The room has it. */
  settle(clientId: string): void {
    this.outbox.remove(clientId);
    if (this.#inFlight === clientId) this.#inFlight = undefined;
    this.flush();
  }

  /** The node did not take something. */
  refused(frame: Frame & { type: 'error' }): void {
    const { message, suggestion } = frame;
    const why = { message, ...(suggestion !== undefined && { suggestion }) };
    // What cannot be read has no id: it is the one under way, as all else we send is sound.
    const unread = frame.code === 'INVALID_MESSAGE' ? this.#inFlight : undefined;
    const clientId = frame.clientMessageId ?? unread;
    const item = clientId === undefined ? undefined : this.outbox.find(clientId);
    if (!item) {
      this.notice = why;
      return;
    }
    if (this.#inFlight === item.clientId) this.#inFlight = undefined;
    if (!frame.retryable) {
      this.outbox.refuse(item.clientId, why);
      return this.flush();
    }
    this.notice = why;
    this.#timers.set('again', frame.retryAfterMs ?? againAfterMs, () => {
      this.notice = undefined;
      this.flush();
      this.#link.changed();
    });
  }
}
