// A stretch of a room's messages without a gap. Ids sort in room order as plain text.

/** Never changed: a message that changes is another object. */
export interface Message {
  readonly id: string;
  readonly sender: string;
  readonly text: string;
  readonly at: number; // ms since epoch
  readonly isMine?: boolean; // said in this browser
  readonly editedAt?: number;
  readonly isDeleted?: boolean;
  readonly reactions?: ReadonlyMap<string, ReadonlySet<string>>; // emoji -> nicknames
}

/** What became of a message since it was said. */
export interface Change {
  readonly at: number;
  readonly text?: string; // none: it was deleted
}

/**
 * What the room told about messages, whether they are here or not: an edit may overtake the page of
 * history that has the message. Reactions are told once and kept nowhere else.
 */
export class Told {
  #changes = new Map<string, Change>();
  #reactions = new Map<string, Map<string, Set<string>>>();
  #isOwn: (id: string) => boolean;

  constructor(isOwn: (id: string) => boolean) {
    this.#isOwn = isOwn;
  }

  change(id: string, change: Change): void {
    const before = this.#changes.get(id);
    if (!before || before.at <= change.at) this.#changes.set(id, change);
  }

  react(id: string, emoji: string, nickname: string): void {
    const before = this.#reactions.get(id);
    const after = new Map(before ?? []);
    after.set(emoji, new Set(after.get(emoji) ?? []).add(nickname));
    this.#reactions.set(id, after);
  }

  /** The message as it is now. */
  applied(message: Message): Message {
    const change = this.#changes.get(message.id);
    const reactions = this.#reactions.get(message.id);
    let now = message;
    if (change && change.at >= (message.editedAt ?? 0) && !message.isDeleted) {
      now =
        change.text === undefined
          ? { ...now, text: '', isDeleted: true }
          : { ...now, text: change.text, editedAt: change.at };
    }
    if (reactions && reactions !== message.reactions) now = { ...now, reactions };
    if (!message.isMine && this.#isOwn(message.id)) now = { ...now, isMine: true };
    return now;
  }
}

/** Where a message of this id is, or would be. */
export function positionOf(messages: readonly Message[], id: string): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Timeline {
  #messages: readonly Message[] = [];
  #told: Told;
  /** The room has more before these. */
  hasOlder = false;

  constructor(told: Told, messages: readonly Message[] = [], hasOlder = false) {
    this.#told = told;
    this.add(messages);
    this.hasOlder = hasOlder;
  }

  /** In room order; another array after each change. */
  get messages(): readonly Message[] {
    return this.#messages;
  }
  get oldest(): Message | undefined {
    return this.#messages[0];
  }
  get newest(): Message | undefined {
    return this.#messages[this.#messages.length - 1];
  }

  find(id: string): Message | undefined {
    const found = this.#messages[positionOf(this.#messages, id)];
    return found?.id === id ? found : undefined;
  }

  /** Each once, wherever they belong; answers how many were new. */
  add(batch: readonly Message[]): number {
    const unknown = batch.filter((message) => !this.find(message.id));
    if (unknown.length === 0) return 0;
    const added = unknown.map((message) => this.#told.applied(message));
    const { newest, oldest } = this;
    if (!newest || added[0]!.id > newest.id) this.#messages = [...this.#messages, ...added];
    else if (added[added.length - 1]!.id < oldest!.id)
      this.#messages = [...added, ...this.#messages];
    else
      this.#messages = [...this.#messages, ...added].sort((a, b) =>
        a.id < b.id ? -1 : a.id > b.id ? 1 : 0,
      );
    return added.length;
  }

  /** Something was told about this message. */
  refresh(id: string): void {
    const at = positionOf(this.#messages, id);
    const before = this.#messages[at];
    if (before?.id !== id) return;
    const now = this.#told.applied(before);
    if (now === before) return;
    this.#messages = replaced(this.#messages, at, now);
  }
}

function replaced(all: readonly Message[], at: number, one: Message): Message[] {
  const copy = [...all];
  copy[at] = one;
  return copy;
}
