// What was written goes to the room: one message at a time, so that they come in the order they
// were written whatever is refused; each until the room has it.

import { wordsOf, type Words } from '../../shared/words';
import type { Frame } from './frames';
import { Outbox, type Unsent } from './outbox';
import type { Surroundings } from './surroundings';
import { Timers } from './timers';

/** The session whose messages these are. */
export interface Link {
  isConnected(): boolean;
  sessionId(): string | undefined;
  /** The newest id that the session has. */
  position(): string | null;
  send(frame: object): void;
  /** Whether the room has what other sessions sent is to be found out; then flush() again. */
  findOut(): void;
  changed(): void;
}

const againAfterMs = 1_000; // where the node names no time; longer each time …
const againAfterMaxMs = 15_000; // … up to this

export class Sender {
  readonly outbox: Outbox;
  /** What did not work lately, other than sending. */
  notice: Words | undefined;
  /** Why the next one waits though there is a connection. It goes by itself. */
  trouble: Words | undefined;
  /** How many times somebody said something here. */
  said = 0;
  #refusals = 0; // of the one under way, one after the other
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
    ++this.said;
    this.flush();
    this.#link.changed();
  }
  /** What a closed tab left. */
  takeOver(items: readonly Unsent[]): void {
    this.outbox.takeOver(items);
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
  tell(notice: Words | undefined): void {
    this.notice = notice;
    this.#link.changed();
  }

  /** Those whose fate the room knows, and this session does not. */
  unclear(): Unsent[] {
    const { items } = this.outbox;
    return items.filter(({ triedIn }) => triedIn !== undefined && triedIn !== this.#link.sessionId());
  }

  /** Sends the next one, if it may go. */
  flush(): void {
    const item = this.outbox.next;
    const sessionId = this.#link.sessionId();
    const isWaiting = this.#inFlight !== undefined || this.#timers.has('again');
    if (!item || isWaiting || !this.#link.isConnected() || sessionId === undefined) return;
    if (item.triedIn !== undefined && item.triedIn !== sessionId) return this.#link.findOut();
    this.#inFlight = item.clientId;
    this.outbox.tried(item.clientId, sessionId, this.#link.position());
    this.#link.send({ type: 'message', text: item.text, clientMessageId: item.clientId });
  }

  /** The connection is gone, and with it what is known of the one under way. */
  stop(): void {
    this.#inFlight = undefined;
    this.#goesWell();
    this.#timers.stopAll();
  }

  /** The room has it. */
  settle(clientId: string): void {
    this.outbox.remove(clientId);
    if (this.#inFlight === clientId) this.#inFlight = undefined;
    this.#goesWell();
    this.flush();
  }

  /** The node did not take something. */
  refused(frame: Frame & { type: 'error' }): void {
    const why = wordsOf(frame);
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
      this.#goesWell();
      return this.flush();
    }
    this.trouble = why;
    const wait = Math.min(againAfterMs * 2 ** this.#refusals++, againAfterMaxMs);
    this.#timers.set('again', frame.retryAfterMs ?? wait, () => this.flush());
  }

  #goesWell(): void {
    this.trouble = undefined;
    this.#refusals = 0;
  }
}
