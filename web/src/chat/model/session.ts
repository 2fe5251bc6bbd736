// One room this page is in: its session, from chat-connect over any number of connections to its
// end. Nothing that was said is missed or shown twice; nothing that was written is lost or sent
// twice. Knows no React and no DOM.

import { Changes } from '../../shared/changes';
import { readJson } from '../../shared/kept';
import type { Answer, CommandError } from '../../shared/rpc';
import { wordsOf } from '../../shared/words';
import { backoffMs, endingOf, endingOfError, type Ending } from './endings';
import { parseFrame, type Frame, type MessageFrame } from './frames';
import type { RoomLog } from './log';
import { People } from './people';
import { Reader } from './reader';
import { wereSaid } from './said';
import { Sender } from './sender';
import type { Socket, Surroundings } from './surroundings';
import { Timers } from './timers';

export type Connection =
  | { kind: 'connecting'; isReturn: boolean }
  | { kind: 'connected' }
  | { kind: 'waiting'; until: number; why: Ending }
  | { kind: 'ended'; why: Ending; code?: string };

interface Handoff {
  endpoint: string;
  credentials: { token: string; sessionId: string };
  metadata: { catchUp?: { fromMessageId: string | null } };
}

interface KeptSession {
  sessionId: string;
  position: string | null;
  nickname: string;
}

type TimerName = 'open' | 'retry' | 'ping' | 'pong' | 'steady' | 'sweep';

const hangsMs = 3_000; // an attempt takes a moment
const openMs = 10_000; // for a socket to open and tell all that was missed
const pingMs = 20_000; // so the node knows that somebody is here, and we that it is
const pongMs = 8_000;
const typingMs = 2_500; // how often others are told
const steadyMs = 10_000; // a connection that lived so long was a good one

export class RoomSession extends Changes {
  readonly roomId: string;
  readonly log: RoomLog;
  readonly sender: Sender;
  readonly people = new People();
  nickname: string;
  connection: Connection = { kind: 'connecting', isReturn: false };
  readonly reader: Reader;
  /** Somebody else said something: for those who listen. */
  onMessage: (frame: MessageFrame) => void = () => {};

  #world: Surroundings;
  #sessionId: string | undefined;
  #position: string | null = null; // the newest id that came without a gap before it
  #socket: Socket | undefined;
  #isCatchingUp = false;
  #attempt = 0;
  #triedAt = 0;
  #timers: Timers<TimerName>;
  #typedAt = -Infinity;
  #findsOutIn: number | undefined; // the life in which it is being found out
  #life = 0; // another one for each attempt: what belongs to older ones is ignored

  constructor(world: Surroundings, log: RoomLog, nickname: string) {
    super();
    this.#world = world;
    this.#timers = new Timers(world.after);
    this.roomId = log.roomId;
    this.log = log;
    this.reader = new Reader(world.machineKept, log);
    this.sender = new Sender(world, log.roomId, {
      isConnected: () => this.connection.kind === 'connected',
      sessionId: () => this.#sessionId,
      findOut: () => void this.#findOut(),
      position: () => this.#position,
      send: (frame) => this.#send(frame),
      changed: () => this.changed(),
    });
    const before = readJson<KeptSession>(world.kept, this.#keptKey);
    this.nickname = before?.nickname ?? nickname;
    if (before) {
      this.#sessionId = before.sessionId;
      this.#position = before.position;
    }
  }

  /** There is no such room any more: nothing can be said here. */
  get isRoomGone(): boolean {
    return this.connection.kind === 'ended' && this.connection.why.isRoomGone === true;
  }
  /** Whether a reload left a session in this room. */
  static isKept(world: Surroundings, roomId: string): boolean {
    return readJson<KeptSession>(world.kept, `chatd.session.${roomId}`) !== undefined;
  }
  get #keptKey(): string {
    return `chatd.session.${this.roomId}`;
  }

  // --- The life of the session -----------------------------------------------------------------

  start(): void {
    if (!this.log.isLoaded)
      void this.log.loadNewest().then(() => {
        this.reader.countUnseen();
        this.changed();
      });
    void this.#handOff();
  }

  /** The node answers again: the wait was for that. Not where the node itself said how long. */
  nodeIsBack(): void {
    const { connection } = this;
    if (connection.kind === 'waiting' && connection.why.waitMs === undefined) this.retryNow();
    // An attempt from before may hang for as long as it has patience.
    const hangs = this.#world.now() - this.#triedAt > hangsMs;
    if (connection.kind === 'connecting' && hangs) void this.#handOff();
  }
  /** Now instead of later: the network is back, or somebody pressed the button. */
  retryNow(): void {
    if (this.connection.kind === 'waiting') void this.#handOff();
  }
  /** After an end. */
  rejoin(nickname = this.nickname): void {
    if (this.connection.kind !== 'ended') return;
    this.nickname = nickname;
    this.#attempt = 0;
    void this.#handOff();
  }
  /** The network may have gone without a word. */
  check(): void {
    if (this.connection.kind === 'connected') this.#ping();
    else this.retryNow();
  }

  async leave(): Promise<void> {
    this.#drop();
    const sessionId = this.#sessionId;
    this.#forget();
    const reason = 'Left the room';
    if (sessionId) await this.#world.call('chat-disconnect', { sessionId, reason });
  }

  async #handOff(): Promise<void> {
    this.#drop();
    const life = this.#life;
    this.#triedAt = this.#world.now();
    const isReturn = this.#sessionId !== undefined;
    this.#become({ kind: 'connecting', isReturn: isReturn || this.#attempt > 0 });
    const answer = await (isReturn
      ? this.#world.call<Handoff>('chat-reconnect', {
          sessionId: this.#sessionId,
          ...(this.#position !== null && { lastMessageId: this.#position }),
        })
      : this.#world.call<Handoff>('chat-connect', {
          roomId: this.roomId,
          nickname: this.nickname,
        }));
    if (life !== this.#life) return;
    if (answer.success) return this.#open(answer.data);
    // The room never gave out what we have: it is another one of the same name.
    const isStranger = isReturn && answer.error.code === 'VALIDATION_ERROR';
    if (isStranger)
      return this.#end({ next: 'fresh', title: 'The room is another one', text: '' }, answer.error);
    // Where a session is no more, its room may be the reason.
    if (answer.error.code === 'SESSION_CLOSED') {
      const room = await this.#world.call('chat-history', { roomId: this.roomId, limit: 1 });
      if (life !== this.#life) return;
      if (!room.success && room.error.code === 'ROOM_NOT_FOUND')
        return this.#end(endingOfError(room.error), room.error);
    }
    this.#end(endingOfError(answer.error), answer.error);
  }

  #open(handoff: Handoff): void {
    const { token, sessionId } = handoff.credentials;
    const isFresh = sessionId !== this.#sessionId;
    const before = this.#position;
    if (isFresh) this.#position = null;
    this.#sessionId = sessionId;
    this.#keep();
    this.#isCatchingUp = handoff.metadata.catchUp !== undefined;
    const life = this.#life;
    const socket = this.#world.open(handoff.endpoint);
    this.#socket = socket;
    // Not in the address: those end up in logs.
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }));
    this.#timers.set('open', openMs, () => this.#lost(1006, ''));
    socket.onmessage = ({ data }) => {
      const frame = parseFrame(data);
      if (life !== this.#life || !frame) return;
      this.#timers.stop('pong');
      this.#take(frame, isFresh, before);
    };
    socket.onclose = ({ code, reason }) => {
      if (life === this.#life) this.#lost(code, reason);
    };
  }

  #lost(code: number, reason: string): void {
    this.#end(endingOf(code, reason));
  }

  #end(why: Ending, error?: CommandError): void {
    this.#drop();
    this.people.reset([]);
    if (why.isGone || why.next === 'fresh') this.#forget();
    if (why.next === 'over')
      return this.#become({ kind: 'ended', why, ...(error && { code: error.code }) });
    // The first fresh session is not another attempt: it is due.
    const isDue = why.next === 'fresh' && this.#attempt === 0;
    const wait = isDue ? 0 : backoffMs(this.#attempt, this.#world.random());
    ++this.#attempt;
    const ms = Math.max(wait, why.waitMs ?? 0);
    this.#become({ kind: 'waiting', until: this.#world.now() + ms, why });
    this.#timers.set('retry', ms, () => void this.#handOff());
  }

  // Leaves the connection behind, and all that was waited for.
  #drop(): void {
    ++this.#life;
    this.#timers.stopAll();
    this.sender.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
  }

  #become(connection: Connection): void {
    this.connection = connection;
    this.changed();
  }

  #keep(): void {
    if (!this.#sessionId) return;
    const { nickname } = this;
    const kept: KeptSession = { sessionId: this.#sessionId, position: this.#position, nickname };
    this.#world.kept.set(this.#keptKey, JSON.stringify(kept));
  }
  #forget(): void {
    this.#sessionId = undefined;
    this.#world.kept.remove(this.#keptKey);
  }

  // --- What the node says ----------------------------------------------------------------------

  #take(frame: Frame, isFresh: boolean, before: string | null): void {
    switch (frame.type) {
      case 'welcome':
        this.people.reset(frame.participants, frame.participantCount);
        if (isFresh) void this.#begin(frame.lastMessageId, before);
        else if (!this.#isCatchingUp) this.#connected();
        break;
      case 'message':
        this.#takeMessage(frame);
        break;
      case 'message_edited':
      case 'message_deleted': {
        const text = frame.type === 'message_edited' ? { text: frame.text } : {};
        this.log.change(frame.messageId, { at: frame.timestamp, ...text });
        this.#reached(frame.id);
        break;
      }
      case 'reaction':
        this.log.react(frame.messageId, frame.emoji, frame.nickname);
        break;
      case 'history_gap':
        if (frame.reason === 'restored') this.#goBackTo(frame.since);
        this.log.startOver();
        break;
      case 'caught_up':
        this.#reached(frame.lastMessageId);
        this.#isCatchingUp = false;
        this.#connected();
        break;
      case 'user_joined':
        this.people.joined(frame.nickname);
        break;
      case 'user_left':
        this.people.left(frame.nickname);
        break;
      case 'typing':
        this.people.types(frame.nickname, this.#world.now());
        this.#sweepLater();
        break;
      case 'error':
        this.sender.refused(frame);
        break;
      default:
        return;
    }
    this.changed();
  }

  #takeMessage(frame: MessageFrame): void {
    const { id, sender, text, timestamp, clientMessageId } = frame;
    const isMine = clientMessageId !== undefined;
    const isNew = this.#position === null || id > this.#position;
    if (isNew) {
      this.log.receive({ id, sender, text, at: timestamp, ...(isMine && { isMine }) });
      this.#reached(id);
    } else if (isMine) {
      this.log.own(id); // an answer to what was sent again
    }
    if (isMine) this.sender.settle(clientMessageId);
    this.people.stoppedTyping(sender);
    if (!isNew || isMine) return;
    ++this.reader.unread;
    this.onMessage(frame);
  }

  #reached(id: string | null): void {
    if (id === null || (this.#position !== null && id <= this.#position)) return;
    this.#position = id;
    this.#keep();
  }

  // The node was restored from a backup: of what was here the last messages are in no room any more.
  #goBackTo(position: string | null): void {
    this.#position = position;
    this.#keep();
    this.sender.notice = {
      title: 'The node has lost some messages',
      text: 'What is shown is what the room still has.',
    };
  }

  async #begin(newest: string | null, before: string | null): Promise<void> {
    const life = this.#life;
    if (before !== null && (newest === null || newest < before)) {
      this.#goBackTo(newest);
      this.log.startOver();
    }
    this.#reached(newest);
    await this.log.loadNewest();
    if (life === this.#life) this.#connected();
  }

  // What became of what other sessions sent: one before this one, or that of a tab that was closed.
  async #findOut(): Promise<void> {
    if (this.#findsOutIn === this.#life) return;
    const life = (this.#findsOutIn = this.#life);
    const { outbox } = this.sender;
    const unclear = this.sender.unclear();
    const said = await wereSaid(this.#world.call, this.roomId, this.nickname, unclear);
    if (life !== this.#life) return;
    this.#findsOutIn = undefined;
    if (!said) return this.#lost(1006, '');
    for (const { clientId } of unclear)
      if (said.some(([of]) => of === clientId)) outbox.remove(clientId);
      else outbox.untried(clientId);
    for (const [, id] of said) this.log.own(id);
    this.sender.flush();
    this.changed();
  }

  #connected(): void {
    this.#timers.stop('open');
    this.#become({ kind: 'connected' });
    this.#timers.set('steady', steadyMs, () => (this.#attempt = 0));
    this.#pingLater();
    if (this.log.error) this.log.recover();
    this.sender.flush();
  }

  #sweepLater(): void {
    this.#timers.set('sweep', 1_000, () => {
      if (this.people.sweep(this.#world.now())) this.changed();
      if (this.people.typing.length > 0) this.#sweepLater();
    });
  }

  #pingLater(): void {
    this.#timers.set('ping', pingMs, () => {
      this.#ping();
      this.#pingLater();
    });
  }
  // Any frame is an answer.
  #ping(): void {
    this.#send({ type: 'ping' });
    this.#timers.set('pong', pongMs, () => this.#lost(1006, ''));
  }

  // --- What this page says ---------------------------------------------------------------------

  typing(): void {
    if (this.connection.kind !== 'connected') return;
    if (this.#world.now() - this.#typedAt < typingMs) return;
    this.#typedAt = this.#world.now();
    this.#send({ type: 'typing' });
  }
  react(messageId: string, emoji: string): void {
    if (this.connection.kind === 'connected') this.#send({ type: 'reaction', messageId, emoji });
  }

  edit(messageId: string, text: string): Promise<Answer<unknown>> {
    return this.#world.call('chat-edit', { roomId: this.roomId, messageId, text });
  }
  async remove(messageId: string): Promise<void> {
    const answer = await this.#world.call('chat-delete', { roomId: this.roomId, messageId });
    this.sender.tell(answer.success ? undefined : wordsOf(answer.error));
  }

  #send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  // --- The reader ------------------------------------------------------------------------------

  get unread(): number {
    return this.reader.unread;
  }
  /** The newest message is in sight. */
  seen(): void {
    const before = this.unread;
    this.reader.seen();
    if (before > 0) this.changed();
  }
}
