// Commands, as any client calls them: POST /rpc.

import type { Kept } from './kept';

export interface CommandError {
  code: string;
  message: string;
  suggestion?: string;
  retryable?: boolean;
  details?: {
    retryAfterSeconds?: number;
    errors?: { path: string; message: string; code: string }[];
  };
}

export type Answer<T> =
  | { success: true; data: T; warnings?: { code: string; message: string }[] }
  | { success: false; error: CommandError };

export type Call = <T>(command: string, params?: object) => Promise<Answer<T>>;

/** Longer than the node takes for anything that this page asks. */
const patienceMs = 15_000;
const keyName = 'chatd.key';

const failed = (code: string, message: string, suggestion: string): Answer<never> => ({
  success: false,
  error: { code, message, suggestion, retryable: code === 'UNREACHABLE' },
});

export class Rpc {
  #lastId = 0;
  #kept: Kept;
  /** The node wants to know who calls. */
  onUnauthorized: (why: CommandError) => void = () => {};
  /** It answers again after it could not be reached. */
  onReachedAgain: () => void = () => {};
  #isAway = false;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  get key(): string | null {
    return this.#kept.get(keyName);
  }

  setKey(key: string): void {
    if (key === '') this.#kept.remove(keyName);
    else this.#kept.set(keyName, key);
  }

  /** Never throws: what went wrong on the way is an answer, too. */
  call: Call = async <T>(command: string, params: object = {}): Promise<Answer<T>> => {
    const answer = await this.#ask(command, params);
    if (!answer) return this.#unreachable();
    const body = (await answer.json().catch(() => undefined)) as
      | { result?: Answer<T>; error?: CommandError }
      | undefined;
    if (!body?.result && !body?.error && answer.status >= 500)
      return this.#unreachable(); // something in front of the node
    if (this.#isAway) {
      this.#isAway = false;
      this.onReachedAgain();
    }
    if (body?.result) return body.result;
    if (!body?.error) {
      return failed('BAD_ANSWER', `The node answered ${answer.status}`, 'Reload the page');
    }
    if (answer.status === 401) this.onUnauthorized(body.error);
    return { success: false, error: body.error };
  };

  #unreachable(): Answer<never> {
    this.#isAway = true;
    return failed('UNREACHABLE', 'The node cannot be reached', 'Check the connection; it is tried again');
  }

  async #ask(method: string, params: object): Promise<Response | undefined> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (this.key) headers['Authorization'] = `Bearer ${this.key}`;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), patienceMs);
    try {
      return await fetch('rpc', {
        method: 'POST',
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', id: ++this.#lastId, method, params }),
        cache: 'no-store',
        credentials: 'omit',
        signal: limit.signal,
      });
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
