// The node as it is now, and as it was in the last quarter of an hour.

import { Changes } from '../../shared/changes';
import type { CommandError, Rpc } from '../../shared/rpc';
import { plots } from './series';
import type { Status } from './status';

const intervalMs = 2000;
const kept = 450; // looks: a quarter of an hour

export class Node extends Changes {
  status: Status | undefined;
  /** Why the newest look failed. */
  error: CommandError | undefined;
  keyWanted: CommandError | undefined;
  /** Seconds since 1970, of each look kept. */
  times: number[] = [];
  /** By plot and line: a value a look, nothing where there is none. */
  values: (number | null)[][][] = plots.map((plot) => plot.lines.map(() => []));
  #before: { status: Status; at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly rpc: Rpc;

  constructor(rpc: Rpc) {
    super();
    this.rpc = rpc;
  }

  start(): void {
    void this.#look();
  }

  giveKey(key: string): void {
    this.rpc.setKey(key);
    void this.#look();
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    const answer = await this.rpc.call<Status>('node-status');
    const at = Date.now() / 1000;
    if (answer.success) this.#take(answer.data, at);
    else this.#miss(answer.error, at);
    this.changed();
    this.#timer = setTimeout(() => void this.#look(), intervalMs);
  }

  #take(status: Status, at: number): void {
    this.error = this.keyWanted = undefined;
    const before = this.#before;
    // Counts of another run begin anew.
    if (before && before.status.startedAt === status.startedAt && at > before.at)
      this.#add(at, { now: status, before: before.status, seconds: at - before.at });
    this.#before = { status, at };
    this.status = status;
  }

  // A gap in the lines.
  #miss(why: CommandError, at: number): void {
    this.error = why;
    this.keyWanted = why.code === 'UNAUTHORIZED' || why.code === 'FORBIDDEN' ? why : undefined;
    this.#before = undefined;
    this.#add(at, undefined);
  }

  #add(at: number, look: Parameters<(typeof plots)[0]['lines'][0]['of']>[0] | undefined): void {
    this.times = [...this.times, at].slice(-kept);
    this.values = this.values.map((lines, p) =>
      lines.map((line, l) => [...line, look ? plots[p]!.lines[l]!.of(look) : null].slice(-kept)));
  }
}
