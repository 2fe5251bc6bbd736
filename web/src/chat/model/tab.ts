// What one tab keeps: its sessions, drafts and what waits to be sent. It is kept on this machine and
// not in the tab, so that it outlives the tab: the next tab takes over what a closed one left.

import { partOf, readJson, type Kept } from '../../shared/kept';

/** How a tab is, as all tabs can read it. */
interface Mark {
  /** Another one for each load of the page: two pages never have the same tab. */
  life: string;
  isOpen: boolean;
  /** When it last said so. */
  at: number;
  /** For whom it is: what one user wrote is never sent as another one. */
  who: string;
}

const idKey = 'chatd.tab';
const prefix = 'chatd.tab.';

/** How often a tab says that it is open. */
export const beatMs = 10_000;
/** A tab that says nothing for so long is gone; hidden ones have their timers once a minute. */
const silentMs = 180_000;
/** A tab that closed may be on its way back: it was reloaded. */
const reloadMs = 30_000;
/** What nobody came back for is thrown away then. */
const forgottenMs = 7 * 86_400_000;

export interface TabWorld {
  /** The browser's tab: a duplicated one starts with a copy. */
  tab: Kept;
  machine: Kept;
  now(): number;
  newId(): string;
}

export class Tab {
  #world: TabWorld;
  #who: string;
  #id: string;
  #life: string;

  /** Goes on where this tab was before a reload, else where the newest closed one was. */
  constructor(world: TabWorld, who: string) {
    this.#world = world;
    this.#who = who;
    this.#life = world.newId();
    const before = world.tab.get(idKey);
    // One that is open already is another tab: this one is its duplicate.
    const isOurs = before !== null && !this.#isAlive(this.#markOf(before));
    const left = this.#closed(0);
    this.#id = isOurs ? before : (before === null && left[0]) || world.newId();
    world.tab.set(idKey, this.#id);
    this.beat();
  }

  /** What this tab keeps. */
  get kept(): Kept {
    return this.#keptOf(this.#id);
  }

  /** Says that it is open. False: it was silent for so long that another one took over. */
  beat(): boolean {
    const mark = this.#markOf(this.#id);
    if (mark && mark.life !== this.#life && this.#isAlive(mark)) return false;
    this.#setMark(true);
    return true;
  }

  /** The page goes, or is put aside. */
  close(): void {
    if (this.#markOf(this.#id)?.life === this.#life) this.#setMark(false);
  }

  /** Somebody said who they are. */
  become(who: string): void {
    this.#who = who;
    this.beat();
  }

  /** What the other closed tabs of this user have kept. `isSoon`: those as well that may come back. */
  closedOnes(isSoon = false): Kept[] {
    const ids = this.#closed(isSoon ? 0 : reloadMs).filter((id) => id !== this.#id);
    return ids.map((id) => this.#keptOf(id));
  }

  #keptOf(id: string): Kept {
    return partOf(this.#world.machine, `${prefix}${id}.`);
  }

  // The closed tabs of this user, the one that was open last first.
  #closed(sinceMs: number): string[] {
    const { machine, now } = this.#world;
    const found: [string, number][] = [];
    for (const key of machine.keys()) {
      const id = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      const mark = id === '' || id.includes('.') ? undefined : this.#markOf(id);
      if (!mark || this.#isAlive(mark)) continue;
      if (now() - mark.at > forgottenMs) this.#forget(id);
      else if (mark.who === this.#who && now() - mark.at >= sinceMs) found.push([id, mark.at]);
    }
    return found.sort(([, a], [, b]) => b - a).map(([id]) => id);
  }

  #isAlive(mark: Mark | undefined): boolean {
    return mark !== undefined && mark.isOpen && this.#world.now() - mark.at < silentMs;
  }
  #markOf(id: string): Mark | undefined {
    return readJson<Mark>(this.#world.machine, prefix + id);
  }
  #setMark(isOpen: boolean): void {
    const mark: Mark = { life: this.#life, isOpen, at: this.#world.now(), who: this.#who };
    this.#world.machine.set(prefix + this.#id, JSON.stringify(mark));
  }
  #forget(id: string): void {
    const kept = this.#keptOf(id);
    for (const key of kept.keys()) kept.remove(key);
    this.#world.machine.remove(prefix + id);
  }
}

/** Whose a key is, without the key: an access token's user, else a short sum of the key. */
export function whoOf(key: string | null): string {
  if (key === null) return '';
  let who = key;
  try {
    const claims = JSON.parse(atob(key.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/'))) as {
      sub?: unknown;
    };
    if (typeof claims.sub === 'string') who = claims.sub;
  } catch {
    // no access token
  }
  let sum = 2166136261;
  for (const character of who) sum = Math.imul(sum ^ character.codePointAt(0)!, 16777619);
  return (sum >>> 0).toString(36);
}
