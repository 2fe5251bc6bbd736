// Who is in a room, and who is writing. Nicknames are nobody's alone: several may have the same.

const typingMs = 4_000; // others say it every two and a half seconds

export class People {
  #counts = new Map<string, number>();
  #typing = new Map<string, number>(); // until when
  /** How many there are; more than have names where the node named only some. */
  count = 0;

  reset(nicknames: readonly string[], count?: number): void {
    this.#counts.clear();
    this.#typing.clear();
    for (const nickname of nicknames) this.#add(nickname, 1);
    this.count = count ?? nicknames.length;
  }

  joined(nickname: string): void {
    this.#add(nickname, 1);
    ++this.count;
  }

  left(nickname: string): void {
    if (!this.#counts.has(nickname)) return;
    this.#add(nickname, -1);
    this.#typing.delete(nickname);
    this.count = Math.max(0, this.count - 1);
  }

  #add(nickname: string, by: number): void {
    const count = (this.#counts.get(nickname) ?? 0) + by;
    if (count > 0) this.#counts.set(nickname, count);
    else this.#counts.delete(nickname);
  }

  /** Each nickname with how many have it, in alphabetical order. */
  list(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => a.localeCompare(b));
  }

  types(nickname: string, now: number): void {
    this.#typing.set(nickname, now + typingMs);
  }
  stoppedTyping(nickname: string): boolean {
    return this.#typing.delete(nickname);
  }
  /** Forgets those who stopped without a word; true when there were any. */
  sweep(now: number): boolean {
    const late = [...this.#typing].filter(([, until]) => until <= now);
    for (const [nickname] of late) this.#typing.delete(nickname);
    return late.length > 0;
  }
  get typing(): string[] {
    return [...this.#typing.keys()];
  }
}
