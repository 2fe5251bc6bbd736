// All of the chat page: who one is, which rooms there are, and those one is in.

import { Changes } from '../../shared/changes';
import { machineKept, readJson, tabKept } from '../../shared/kept';
import { Rpc, type Answer, type CommandError } from '../../shared/rpc';
import { RoomLog } from './log';
import { parseRoute, type Route } from './route';
import { Rooms, type Room } from './rooms';
import { RoomSession } from './session';
import { browser, type Surroundings } from './surroundings';

const joinedKey = 'chatd.joined';
const nicknameKey = 'chatd.nickname';
const previewMs = 4_000;
/** Rooms one is in at a time; the one not looked at for longest gives way. */
const joinedMax = 12;

export class Chat extends Changes {
  readonly kept = tabKept();
  readonly machineKept = machineKept();
  readonly rpc = new Rpc(this.kept);
  readonly rooms = new Rooms(this.rpc);
  readonly #world: Surroundings;
  #sessions = new Map<string, RoomSession>(); // the one looked at last comes last
  #logs = new Map<string, RoomLog>();
  route: Route = {};
  /** The node wants a key, and why. */
  keyWanted: CommandError | undefined;

  constructor() {
    super();
    this.#world = browser(this.rpc.call, this.kept, this.machineKept);
    this.rpc.onUnauthorized = (why) => {
      this.keyWanted = why;
      this.changed();
    };
  }

  start(): void {
    window.addEventListener('hashchange', () => this.#follow());
    window.addEventListener('online', () => this.#check());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#check();
    });
    const before = readJson<string[]>(this.kept, joinedKey) ?? [];
    this.#follow();
    void this.rooms.refresh();
    this.rooms.subscribe(() => this.changed());
    for (const roomId of before)
      if (RoomSession.isKept(this.#world, roomId)) this.join(roomId, this.nickname);
    setInterval(() => this.#refreshPreview(), previewMs);
  }

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
      log = new RoomLog(roomId, this.rpc.call);
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
    }
  }

  #keepJoined(): void {
    this.kept.set(joinedKey, JSON.stringify([...this.#sessions.keys()]));
  }
}
