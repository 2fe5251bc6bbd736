// One WebSocket of a chat: npm's `ws`, with a queue of frames to wait on.

import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { Mailbox, patience, withDeadline } from './wait.mjs';

export class ChatSocket {
  #mailbox = new Mailbox();
  #opened;
  #closed;
  frames = []; // all of them, in order of arrival

  constructor(url, options) {
    this.ws = new WebSocket(url, options);
    this.#opened = new Promise((resolve, reject) => {
      this.ws.once('open', resolve);
      this.ws.once('error', reject);
    });
    this.#opened.catch(() => {});
    this.#closed = new Promise((resolve) => {
      this.ws.once('close', (code, reason) => {
        const end = { code, reason: reason.toString() };
        this.#mailbox.end(new Error(`the socket was closed: ${code} ${end.reason}`));
        resolve(end);
      });
    });
    this.ws.on('error', (error) => (this.error = error));
    this.ws.on('message', (data, isBinary) => {
      assert.equal(isBinary, false, 'the node sent a binary frame');
      const frame = JSON.parse(data.toString());
      this.frames.push(frame);
      this.#mailbox.push(frame);
    });
  }

  opened() {
    return withDeadline(this.#opened, patience, 'the WebSocket to open');
  }

  /** The close code and reason, once the node or we closed it. */
  closed(ms = patience) {
    return withDeadline(this.#closed, ms, 'the WebSocket to close');
  }

  get isOpen() {
    return this.ws.readyState === WebSocket.OPEN;
  }

  send(frame) {
    this.ws.send(JSON.stringify(frame));
  }

  sendText(text) {
    this.ws.send(text);
  }

  say(text, clientMessageId) {
    this.send({ type: 'message', text, ...(clientMessageId && { clientMessageId }) });
  }

  /** The next frame of this type, or for which this is true; earlier others stay for later. */
  next(wanted, ms = patience) {
    const is = typeof wanted === 'function' ? wanted : (frame) => frame.type === wanted;
    const what = () => `a frame (${wanted}); there came ${JSON.stringify(this.frames.slice(-5))}`;
    return this.#mailbox.next(is, ms, what);
  }

  nextMessage(text) {
    return this.next((frame) => frame.type === 'message' && frame.text === text);
  }

  /** All frames that nobody has taken yet. */
  take() {
    return this.#mailbox.take();
  }

  /** The node has read and handled what this socket sent before. */
  async ping() {
    this.send({ type: 'ping' });
    assert.deepEqual(await this.next('pong'), { type: 'pong' });
  }

  /** Closes the way browsers do. */
  async close() {
    this.ws.close();
    return this.closed();
  }

  terminate() {
    this.ws.terminate();
  }

  messages() {
    return this.frames.filter((frame) => frame.type === 'message');
  }
}
