// What a session needs of the world, so that tests can put another one in its place.

import type { Kept } from '../../shared/kept';
import type { Call } from '../../shared/rpc';

/** The part of WebSocket that is used. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Surroundings {
  call: Call;
  open(url: string): Socket;
  now(): number;
  /** Calls it once, so much later; what is answered calls it off. */
  after(ms: number, what: () => void): () => void;
  random(): number; // 0 to 1
  newId(): string;
  /** For this tab. */
  kept: Kept;
  /** For this machine. */
  machineKept: Kept;
}

/** Nobody guesses it, and it comes once. */
export const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

/** The browser. */
export function browser(call: Call, kept: Kept, machineKept: Kept): Surroundings {
  return {
    call,
    kept,
    machineKept,
    // The socket is beside the page: every listener serves everything, under whatever path.
    open: (endpoint) => {
      const { pathname, search } = new URL(endpoint);
      const room = pathname.slice(pathname.lastIndexOf('/rooms/') + 1);
      const url = new URL(room + search, document.baseURI);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      return new WebSocket(url) as unknown as Socket;
    },
    now: () => Date.now(),
    after: (ms, what) => {
      const timer = setTimeout(what, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    newId,
  };
}
