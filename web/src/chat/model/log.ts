// A room's messages as somebody reads them: the newest, and as far back as they went; or the
// surroundings of one message that a link led to, until reading on has led to the newest.

import { Changes } from '../../shared/changes';
import type { Answer, Call, CommandError } from '../../shared/rpc';
import type { OwnMessages } from './own';
import { Timeline, Told, type Change, type Message } from './timeline';

const pageSize = 100; // the most that the node gives

interface HistoryMessage {
  id: string;
  sender: string;
  text: string;
  timestamp: string;
  editedAt?: string;
  deleted?: boolean;
}

interface HistoryPage {
  messages: HistoryMessage[];
  hasOlder: boolean;
  hasNewer: boolean;
  oldestMessageId?: string;
  newestMessageId?: string;
  /** The room does not know the position asked for: a backup was restored. */
  isLost?: boolean;
}

function fromHistory(one: HistoryMessage): Message {
  return {
    id: one.id,
    sender: one.sender,
    text: one.text,
    at: Date.parse(one.timestamp),
    ...(one.editedAt !== undefined && { editedAt: Date.parse(one.editedAt) }),
    ...(one.deleted && { isDeleted: true }),
  };
}

export class RoomLog extends Changes {
  readonly roomId: string;
  #call: Call;
  #told: Told;
  #own: OwnMessages;
  #live: Timeline;
  #around: { timeline: Timeline; hasNewer: boolean } | undefined;
  #loading = new Set<'newest' | 'older' | 'newer' | 'around'>();
  // Where to read on from: a page may have ended with changes, which are no messages.
  #olderFrom = new WeakMap<Timeline, string>();
  #newerFrom: string | undefined;
  /** The newest messages have been asked for and came. */
  isLoaded = false;
  /** Why there is nothing, or no more. */
  error: CommandError | undefined;

  constructor(roomId: string, call: Call, own: OwnMessages) {
    super();
    this.roomId = roomId;
    this.#call = call;
    this.#own = own;
    this.#told = new Told((id) => own.has(id));
    this.#live = new Timeline(this.#told);
  }

  get #shown(): Timeline {
    return this.#around?.timeline ?? this.#live;
  }
  /** What is to be seen, in room order. */
  get messages(): readonly Message[] {
    return this.#shown.messages;
  }
  get newest(): Message | undefined {
    return this.#live.newest;
  }
  /** The newest ones, whatever is shown. */
  get live(): Timeline {
    return this.#live;
  }
  get hasOlder(): boolean {
    return this.#shown.hasOlder;
  }
  /** What is shown does not reach the newest messages. */
  get hasNewer(): boolean {
    return this.#around !== undefined;
  }
  isLoading(what: 'newest' | 'older' | 'newer' | 'around'): boolean {
    return this.#loading.has(what);
  }

  // --- What the room says --------------------------------------------------------------------

  /** A message of the room's own, in order. */
  receive(message: Message): void {
    if (message.isMine) this.#own.add(message.id);
    // What lies before a page that was read meanwhile is read when it is wanted, without a gap.
    const { oldest, hasOlder } = this.#live;
    if (oldest && hasOlder && message.id < oldest.id) return;
    if (this.#live.add([message]) > 0) this.changed();
  }

  change(id: string, change: Change): void {
    this.#told.change(id, change);
    this.#refresh(id);
  }

  react(id: string, emoji: string, nickname: string): void {
    this.#told.react(id, emoji, nickname);
    this.#refresh(id);
  }

  /** One that was known already turns out to be the reader's own. */
  own(id: string): void {
    this.#own.add(id);
    this.#refresh(id);
  }
  /** Another tab said something: this storage key changed. */
  ownChanged(key: string | null): void {
    for (const id of this.#own.changed(key)) this.#refresh(id);
  }

  #refresh(id: string): void {
    this.#live.refresh(id);
    this.#around?.timeline.refresh(id);
    this.changed();
  }

  /** What comes next has a gap before it: what was there is read again when it is wanted. */
  startOver(): void {
    this.#live = new Timeline(this.#told, [], true);
    this.changed();
  }

  // --- Reading -------------------------------------------------------------------------------

  /** The newest messages, in place of those that are here; what came meanwhile stays. */
  async loadNewest(): Promise<void> {
    const page = await this.#page('newest', {});
    if (!page) return;
    const last = page.newestMessageId ?? '';
    const since = this.#live.messages.filter((message) => message.id > last);
    this.#live = new Timeline(this.#told, page.messages.map(fromHistory), page.hasOlder);
    this.#live.add(since);
    this.#olderFromPage(this.#live, page);
    this.isLoaded = true;
    this.changed();
  }

  /** What came after the newest that is here; where that is a page or more, as loadNewest. */
  async loadLatest(): Promise<void> {
    const newest = this.#live.newest?.id;
    if (newest === undefined || !this.isLoaded) return this.loadNewest();
    const page = await this.#page('newest', { after: newest });
    if (!page) return;
    if (page.isLost) this.startOver();
    if (page.hasNewer || page.isLost) return this.loadNewest();
    if (this.#live.add(page.messages.map(fromHistory)) > 0) this.changed();
  }

  async loadOlder(): Promise<void> {
    const timeline = this.#shown;
    const before = this.#olderFrom.get(timeline) ?? timeline.oldest?.id;
    if (!timeline.hasOlder) return;
    if (before === undefined) return this.loadNewest();
    const page = await this.#page('older', { before });
    if (!page) return;
    const added = timeline.add(page.messages.map(fromHistory));
    timeline.hasOlder = page.hasOlder;
    this.#olderFromPage(timeline, page);
    this.changed();
    if (added === 0) return this.loadOlder(); // nothing but changes of messages
  }

  async loadNewer(): Promise<void> {
    const around = this.#around;
    const after = this.#newerFrom ?? around?.timeline.newest?.id;
    if (!around || after === undefined) return;
    const page = await this.#page('newer', { after });
    if (!page || this.#around !== around) return;
    around.timeline.add(page.messages.map(fromHistory));
    around.hasNewer = page.hasNewer;
    this.#newerFrom = page.newestMessageId;
    this.#meetLive();
    this.changed();
  }

  /** Shows this message among those around it; false when the room has none of that id. */
  async showAround(id: string): Promise<boolean> {
    if (this.#shown.find(id)) return true;
    if (this.#live.find(id)) {
      this.showNewest();
      return true;
    }
    const page = await this.#page('around', { around: id });
    if (!page || page.isLost) return false;
    const timeline = new Timeline(this.#told, page.messages.map(fromHistory), page.hasOlder);
    this.#around = { timeline, hasNewer: page.hasNewer };
    this.#newerFrom = page.newestMessageId;
    this.#olderFromPage(timeline, page);
    this.#meetLive();
    this.changed();
    return timeline.find(id) !== undefined;
  }

  /** The node can be asked again. */
  recover(): void {
    this.error = undefined;
    this.changed();
    if (!this.isLoaded) void this.loadNewest();
  }

  showNewest(): void {
    this.#around = undefined;
    this.changed();
  }

  // Once what is shown reaches the newest messages, both are one.
  #meetLive(): void {
    const around = this.#around;
    if (!around) return;
    const last = around.timeline.newest?.id ?? '';
    const meets = this.#live.oldest !== undefined && this.#live.oldest.id <= last;
    if (!meets && (around.hasNewer || !this.isLoaded)) return;
    around.timeline.add(this.#live.messages);
    this.#live = around.timeline;
    this.#around = undefined;
  }

  #olderFromPage(timeline: Timeline, page: HistoryPage): void {
    if (page.oldestMessageId) this.#olderFrom.set(timeline, page.oldestMessageId);
  }

  async #page(
    what: 'newest' | 'older' | 'newer' | 'around',
    where: { before?: string; after?: string; around?: string },
  ): Promise<HistoryPage | undefined> {
    if (this.#loading.has(what)) return undefined;
    this.#loading.add(what);
    this.changed();
    const answer: Answer<HistoryPage> = await this.#call<HistoryPage>('chat-history', {
      roomId: this.roomId,
      limit: pageSize,
      ...where,
    });
    this.#loading.delete(what);
    this.error = answer.success ? undefined : answer.error;
    this.changed();
    if (!answer.success) return undefined;
    const isLost = answer.warnings?.some(({ code }) => code === 'POSITION_LOST') === true;
    return { ...answer.data, isLost };
  }
}
