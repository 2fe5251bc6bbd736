// All of the chat page: who one is, which rooms there are, and those one is in.

import { Changes } from '../../shared/changes';
import { machineKept, readJson, tabKept, type Kept } from '../../shared/kept';
import { Rpc, type Answer, type CommandError } from '../../shared/rpc';
import { RoomLog } from './log';
import { Outbox, readUnsent } from './outbox';
import { OwnMessages } from './own';
import { parseRoute, type Route } from './route';
import { Rooms, type Room } from './rooms';
import { RoomSession } from './session';
import { browser, newId, type Surroundings } from './surroundings';
import { Tab, beatMs, whoOf } from './tab';

const joinedKey = 'chatd.joined';
const nicknameKey = 'chatd.nickname';
const previewMs = 4_000;
/** Rooms one is in at a time; the one not looked at for longest gives way, and that is said. */
export const joinedMax = 30;

export class Chat extends Changes {
  readonly machineKept = machineKept();
  readonly #tabKept = tabKept();
  readonly rpc = new Rpc(this.#tabKept);
  readonly rooms = new Rooms(this.rpc);
  #who = whoOf(this.rpc.key);
  readonly #tab: Tab;
  readonly #world: Surroundings;
  #sessions = new Map<string, RoomSession>(); // the one looked at last comes last
  #logs = new Map<string, RoomLog>();
  route: Route = {};
  /** The node wants a key, and why. */
  keyWanted: CommandError | undefined;
  /** Another one when what is kept became another user's: drafts are read anew. */
  generation = 0;
  /** The room that was left to make room for another one. */
  gaveWay: string | undefined;

  constructor() {
    super();
    this.#tab = new Tab(
      { tab: this.#tabKept, machine: this.machineKept, now: () => Date.now(), newId },
      this.#who,
    );
    this.#world = browser(this.rpc.call, this.#tab.kept, this.machineKept);
    this.rpc.onUnauthorized = (why) => {
      this.keyWanted = why;
      this.changed();
    };
    this.rpc.onReachedAgain = () => {
      for (const session of this.sessions) session.nodeIsBack();
    };
    this.rooms.wanted = () => [...new Set([...this.#sessions.keys(), ...(this.roomId ? [this.roomId] : [])])];
  }

  /** What this tab keeps. */
  get kept(): Kept {
    return this.#tab.kept;
  }

  start(): void {
    window.addEventListener('hashchange', () => this.#follow());
    window.addEventListener('online', () => this.#check());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#check();
    });
    window.addEventListener('storage', ({ key }) => {
      for (const log of this.#logs.values()) log.ownChanged(key);
    });
    window.addEventListener('pagehide', () => this.#tab.close());
    window.addEventListener('pageshow', () => this.#beat());
    window.addEventListener('beforeunload', (event) => {
      if (this.#wouldLose()) event.preventDefault();
    });
    const before = readJson<string[]>(this.kept, joinedKey) ?? [];
    const adopted = this.#takeOver(true);
    this.#follow();
    void this.rooms.refresh();
    this.rooms.subscribe(() => this.changed());
    for (const roomId of before)
      if (RoomSession.isKept(this.#world, roomId)) this.join(roomId, this.nickname);
    if (this.nickname !== '') for (const roomId of adopted) this.join(roomId, this.nickname);
    setInterval(() => this.#refreshPreview(), previewMs);
    setInterval(() => this.#beat(), beatMs);
  }

  // --- Tabs --------------------------------------------------------------------------------------

  // Another tab took this one for closed, and goes on with what it had.
  #beat(): void {
    if (!this.#tab.beat()) return location.reload();
    if (this.nickname === '') return;
    for (const roomId of this.#takeOver(false)) this.join(roomId, this.nickname);
  }

  // What closed tabs left: unsent messages, and drafts. Answers the rooms that have something to
  // send.
  #takeOver(isStart: boolean, isSoon = false): string[] {
    const rooms = new Set<string>();
    for (const left of this.#tab.closedOnes(isSoon))
      for (const key of left.keys()) {
        const [, kind, roomId] = /^chatd\.(unsent|draft)\.(.+)$/.exec(key) ?? [];
        if (roomId === undefined) continue;
        if (kind === 'unsent') {
          const sender = this.#sessions.get(roomId)?.sender;
          const items = readUnsent(left, roomId);
          if (sender) sender.takeOver(items);
          else new Outbox(this.kept, roomId).takeOver(items);
          rooms.add(roomId);
        } else {
          const own = this.kept.get(key);
          if (!isStart && (own !== null || roomId === this.roomId)) continue; // it is being written
          const draft = left.get(key) ?? '';
          this.kept.set(key, own === null || own === draft ? draft : `${own}\n${draft}`);
        }
        left.remove(key);
      }
    return [...rooms];
  }

  #wouldLose(): boolean {
    if (this.machineKept.isLasting()) return false;
    return this.kept.keys().some((key) => /^chatd\.(unsent|draft)\./.test(key));
  }

  // -----------------------------------------------------------------------------------------------

  get nickname(): string {
    return this.machineKept.get(nicknameKey) ?? '';
  }
  get roomId(): string | undefined {
    return this.route.roomId;
  }
  get session(): RoomSession | undefined {
    return this.roomId === undefined ? undefined : this.#sessions.get(this.roomId);
  }
  sessionOf(roomId: string): RoomSession | undefined {
    return this.#sessions.get(roomId);
  }
  get sessions(): RoomSession[] {
    return [...this.#sessions.values()];
  }
  /** How many are in a room: as it tells those who are in it, else as it was lately. */
  countOf(room: Room): number {
    const session = this.#sessions.get(room.id);
    return session?.connection.kind === 'connected' ? session.people.count : room.participants;
  }
  /** What was said in the room, whether one is in it or not. */
  logOf(roomId: string): RoomLog {
    let log = this.#logs.get(roomId);
    if (!log) {
      const own = new OwnMessages(this.machineKept, roomId, () => this.#who);
      log = new RoomLog(roomId, this.rpc.call, own);
      this.#logs.set(roomId, log);
    }
    return log;
  }

  join(roomId: string, nickname: string): RoomSession {
    this.machineKept.set(nicknameKey, nickname);
    const before = this.#sessions.get(roomId);
    before?.rejoin(nickname);
    if (before) return before;
    const session = new RoomSession(this.#world, this.logOf(roomId), nickname);
    session.subscribe(() => this.changed());
    this.#sessions.set(roomId, session);
    this.#makeRoom();
    this.#keepJoined();
    session.start();
    this.rooms.lookUp();
    this.changed();
    return session;
  }

  async leave(roomId: string): Promise<void> {
    const session = this.#sessions.get(roomId);
    if (!session) return;
    this.#sessions.delete(roomId);
    this.#keepJoined();
    this.changed();
    await session.leave();
    void this.rooms.refresh();
  }

  async createRoom(room: { roomId: string; name?: string; description?: string }): Promise<
    Answer<Room>
  > {
    const answer = await this.rpc.call<Room>('chat-room-create', room);
    if (answer.success) await this.rooms.refresh();
    return answer;
  }

  /** Goes on once the node takes it. */
  async giveKey(key: string): Promise<void> {
    this.rpc.setKey(key);
    await this.rooms.refresh();
    if (this.rooms.error?.code === 'UNAUTHORIZED') return;
    this.keyWanted = undefined;
    this.#who = whoOf(key);
    this.#tab.become(this.#who);
    for (const roomId of this.#takeOver(true, true))
      if (this.nickname !== '') this.join(roomId, this.nickname);
    ++this.generation;
    this.changed();
    if (this.roomId !== undefined) void this.logOf(this.roomId).loadNewest();
    for (const session of this.sessions) session.rejoin();
  }

  #follow(): void {
    this.route = parseRoute(location.hash);
    const { roomId } = this.route;
    if (roomId !== undefined) {
      const session = this.#sessions.get(roomId);
      if (session) {
        this.#sessions.delete(roomId); // to the end: looked at last
        this.#sessions.set(roomId, session);
      } else if (!this.logOf(roomId).isLoaded) {
        void this.logOf(roomId).loadNewest();
      }
      // Who has a name already is in as soon as they come.
      if (this.nickname !== '') this.join(roomId, this.nickname);
    }
    this.changed();
  }

  // After a pause connections may be gone without a word.
  #check(): void {
    void this.rooms.refresh();
    for (const session of this.sessions) session.check();
  }

  // Who only looks sees what is said, too, a little later.
  #refreshPreview(): void {
    const { roomId } = this;
    if (roomId === undefined || document.hidden || this.session || this.keyWanted) return;
    void this.logOf(roomId).loadLatest();
  }

  #makeRoom(): void {
    for (const [roomId, session] of this.#sessions) {
      if (this.#sessions.size <= joinedMax) return;
      if (roomId === this.roomId || session.sender.outbox.items.length > 0) continue;
      void this.leave(roomId);
      this.gaveWay = roomId;
    }
  }

  closeNotice(): void {
    this.gaveWay = undefined;
    this.changed();
  }

  #keepJoined(): void {
    this.kept.set(joinedKey, JSON.stringify([...this.#sessions.keys()]));
  }
}
