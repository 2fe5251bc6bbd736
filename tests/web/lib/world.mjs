// A node, a network and a clock for the page's sessions: nothing waits, everything is told.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

export class World {
  calls = []; // {command, params, answer}
  sockets = [];
  time = 1_000_000;
  #timers = new Set();
  #ids = 0;
  #tokens = 0;

  /** All that was set going has come to rest. */
  async settle() {
    for (let i = 0; i < 5; ++i) await turn();
  }

  // --- What sessions see (surroundings.ts) -------------------------------------------------------

  now = () => this.time;
  random = () => 0.5;
  newId = () => `client-${++this.#ids}`;
  kept = memory();
  machineKept = memory();

  after = (ms, what) => {
    const timer = { at: this.time + ms, what };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  call = (command, params = {}) => new Promise((resolve) => {
    const call = { command, params, answer: resolve };
    this.calls.push(call);
    if (command === 'chat-history' && this.history) call.answer(this.history(params));
  });

  open = (url) => {
    const socket = {
      url, sent: [], isClosed: false,
      send: (text) => socket.sent.push(JSON.parse(text)),
      close: () => (socket.isClosed = true),
      /** The node says this. */
      say: (frame) => socket.onmessage?.({ data: JSON.stringify(frame) }),
      end: (code, reason = '') => socket.onclose?.({ code, reason }),
      messages: () => socket.sent.filter((frame) => frame.type === 'message'),
    };
    this.sockets.push(socket);
    return socket;
  };

  // --- What tests do -----------------------------------------------------------------------------

  history = () => ok({ messages: [], hasOlder: false, hasNewer: false });

  async pass(ms) {
    await this.settle();
    const end = this.time + ms;
    for (;;) {
      const [next] = [...this.#timers].filter((one) => one.at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.time = next.at;
      next.what();
      await this.settle();
    }
    this.time = end;
    await this.settle();
  }

  get socket() {
    return this.sockets.at(-1);
  }

  /** Takes the call of this command that waits; there has to be one. */
  async take(command) {
    await this.settle();
    const at = this.calls.findIndex((call) => call.command === command);
    if (at < 0) throw new Error(`no ${command} among ${this.calls.map((one) => one.command)}`);
    return this.calls.splice(at, 1)[0];
  }

  async handOff(command, sessionId, catchUp) {
    const call = await this.take(command);
    call.answer(ok({
      endpoint: 'ws://node/rooms/general',
      credentials: { token: `token-${++this.#tokens}`, sessionId },
      metadata: catchUp === undefined ? {} : { catchUp: { fromMessageId: catchUp } },
    }));
    await this.settle();
    this.socket.onopen();
    const [auth] = this.socket.sent.splice(0);
    assert.deepEqual([auth, this.socket.url],
      [{ type: 'auth', token: `token-${this.#tokens}` }, 'ws://node/rooms/general']);
    return call.params;
  }

  async welcome(lastMessageId = null, participants = ['Ada']) {
    this.socket.say({
      type: 'welcome', roomId: 'general', sessionId: 's', participants,
      participantCount: participants.length, lastMessageId,
    });
    await this.settle();
  }
}

export function memory() {
  const map = new Map();
  return {
    get: (key) => map.get(key) ?? null,
    set: (key, value) => void map.set(key, value),
    remove: (key) => void map.delete(key),
    keys: () => [...map.keys()],
    isLasting: () => true,
  };
}

export const ok = (data) => ({ success: true, data });
export const no = (code, more = {}) => ({
  success: false, error: { code, message: code, suggestion: 'Do something else', ...more },
});
export const id = (n) => `m${String(n).padStart(16, '0')}`;
export const said = (n, text, more = {}) =>
  ({ type: 'message', id: id(n), sender: 'Bob', text, timestamp: n, ...more });
