// One event stream of a room: Node's HTTP client, read as the HTML standard says (9.2.6), with a
// queue of frames to wait on.

import http from 'node:http';
import { Mailbox, patience, withDeadline } from './wait.mjs';

export class EventStream {
  #mailbox = new Mailbox();
  #answered;
  #ended;
  #rest = '';
  frames = []; // the data of all events but `close`, in order of arrival
  comments = [];
  lastEventId = '';
  closing; // the data of the `close` event

  constructor(url, headers = {}) {
    this.#ended = new Promise((resolve) => {
      this.#answered = new Promise((answered, failed) => {
        this.request = http.get(url, { headers, agent: false }, (response) => {
          this.response = response;
          response.setEncoding('utf8');
          answered(response);
          if (response.statusCode === 200) response.on('data', (text) => this.#read(text));
          response.on('error', () => {}); // 'close' follows
          response.on('close', () => {
            this.#mailbox.end(new Error(`the stream has ended: ${JSON.stringify(this.closing)}`));
            resolve(this.closing);
          });
        });
        this.request.on('error', (error) => {
          failed(error);
          this.#mailbox.end(error);
          resolve(this.closing);
        });
      });
    });
    this.#answered.catch(() => {});
  }

  #read(text) {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop();
    for (const part of parts) this.#dispatch(part.split('\n'));
  }

  #dispatch(lines) {
    let type = 'message';
    let data;
    for (const line of lines) {
      const [, field, value] = /^([^:]*): ?([^]*)$/.exec(line); // a `.` is no U+2028
      if (field === '') this.comments.push(value);
      else if (field === 'event') type = value;
      else if (field === 'id') this.lastEventId = value;
      else if (field === 'data') data = value;
      else throw new Error(`not known what this is: ${line}`);
    }
    if (data === undefined) return;
    if (type === 'close') {
      this.closing = JSON.parse(data);
    } else {
      const frame = JSON.parse(data);
      this.frames.push(frame);
      this.#mailbox.push(frame);
    }
  }

  /** The status and headers of the answer. */
  opened() {
    return withDeadline(this.#answered, patience, 'the stream to be answered');
  }

  /** Of a stream that was refused: {status, headers, error}. */
  async refused() {
    const response = await this.opened();
    const { statusCode: status, headers } = response;
    if (status === 200) throw new Error('the stream was not refused');
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status, headers, error: JSON.parse(text).error };
  }

  /** What the `close` event said, or undefined without one; once it is over. */
  closed(ms = patience) {
    return withDeadline(this.#ended, ms, 'the stream to end');
  }

  /** The next frame of this type, or for which this is true; earlier others stay for later. */
  next(wanted, ms = patience) {
    const is = typeof wanted === 'function' ? wanted : (frame) => frame.type === wanted;
    return this.#mailbox.next(is, ms, () =>
      `an event (${wanted}); there came ${JSON.stringify(this.frames.slice(-5))}`);
  }

  nextMessage(text) {
    return this.next((frame) => frame.type === 'message' && frame.text === text);
  }

  messages() {
    return this.frames.filter((frame) => frame.type === 'message');
  }

  /** Breaks it off, as a lost network does. */
  destroy() {
    this.request.destroy();
  }
}

/** Opens what chat-connect or chat-reconnect answered. */
export function openEvents(handoff, headers = {}) {
  return new EventStream(handoff.endpoint,
    { Authorization: `Bearer ${handoff.credentials.token}`, ...headers });
}
