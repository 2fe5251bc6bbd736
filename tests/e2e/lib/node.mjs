// A chatd of one's own, and the means to talk to it. Nothing here sleeps: whoever waits, waits for
// an event and gives up at a deadline.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ChatSocket } from './chat_socket.mjs';
import { patience, withDeadline } from './wait.mjs';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
export const chatd = process.env.CHATD_BIN ?? path.join(repository, 'build/release/bin/chatd');
const listening = /^chatd is listening on (http:\/\/(\S+:(\d+)))$/;

// Whatever becomes of a test, no process and no directory stays behind.
const alive = new Set();
process.on('exit', () => alive.forEach((node) => node.dispose()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export class ChatNode {
  #process;
  #exited;
  #sockets = new Set();
  #agent = new http.Agent({ keepAlive: true });
  #lastId = 0;
  stderr = '';

  /** Starts a node on a port of its own. `data` is kept when given, else thrown away at the end. */
  static async start({ args = [], data, env = {} } = {}) {
    const node = new ChatNode(args, data, env);
    try {
      await node.#untilListening();
    } catch (error) {
      node.dispose();
      throw error;
    }
    return node;
  }

  constructor(args, data, env) {
    assert.ok(existsSync(chatd), `there is no chatd at ${chatd}; CHATD_BIN names another`);
    this.ownsData = data === undefined;
    this.data = data ?? mkdtempSync(path.join(os.tmpdir(), 'chatd-e2e-'));
    // Tests are faster than people; those about rates switch the limits on again.
    this.#process = spawn(chatd, ['--listen', '127.0.0.1:0', '--data', this.data, ...args], {
      env: { ...process.env, CHATD_RATE_LIMITS: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    alive.add(this);
    this.#process.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.#exited = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve({ error }));
      this.#process.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  async #untilListening() {
    const lines = createInterface({ input: this.#process.stdout });
    const line = new Promise((resolve) => lines.once('line', resolve));
    const died = this.#exited.then((end) => {
      throw new Error(`chatd ended at once: ${JSON.stringify(end)}\n${this.stderr}`);
    });
    died.catch(() => {});
    const first = await withDeadline(Promise.race([line, died]), patience, 'chatd to listen');
    const match = listening.exec(first);
    assert.ok(match, `unexpected first line of chatd: ${first}`);
    [, this.url, this.host] = match;
    this.port = Number(match[3]);
  }

  get pid() {
    return this.#process.pid;
  }

  /** Asks the node to stop, and holds it to ending well. */
  async stop() {
    this.#process.kill('SIGTERM');
    const end = await withDeadline(this.#exited, patience, 'chatd to stop');
    this.dispose();
    assert.deepEqual(end, { code: 0, signal: null }, `chatd stopped badly\n${this.stderr}`);
  }

  async kill() {
    this.#process.kill('SIGKILL');
    await withDeadline(this.#exited, patience, 'chatd to die');
    this.dispose();
  }

  dispose() {
    for (const socket of this.#sockets) socket.terminate();
    this.#sockets.clear();
    this.#agent.destroy();
    if (this.#process.exitCode === null) this.#process.kill('SIGKILL');
    if (this.ownsData) rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
    alive.delete(this);
  }

  /** Resident memory, in MiB. */
  residentMiB() {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
  }

  /** Built with a sanitizer, whose own memory says nothing about the node's. */
  isSanitized() {
    return /lib[at]san/.test(readFileSync(`/proc/${this.pid}/maps`, 'utf8'));
  }

  // --- HTTP --------------------------------------------------------------------------------------

  /** One request; answers {status, headers, text, json}. */
  request({ method = 'GET', path: target = '/', headers = {}, body, agent = this.#agent } = {}) {
    const answer = new Promise((resolve, reject) => {
      const request = http.request({
        host: '127.0.0.1', port: this.port, method, path: target, agent, headers,
      });
      request.once('error', reject);
      request.once('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode, headers: response.headers, text, json: parsed(text),
          });
        });
      });
      request.end(body);
    });
    return withDeadline(answer, patience, `the answer to ${method} ${target}`);
  }

  post(target, body, headers = {}) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    return this.request({
      method: 'POST', path: target, body: bytes,
      headers: {
        'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers,
      },
    });
  }

  /** Sends bytes as they are; answers with all that comes until the node closes. */
  exchange(bytes) {
    const socket = net.connect(this.port, '127.0.0.1');
    const answer = new Promise((resolve, reject) => {
      const chunks = [];
      socket.once('connect', () => socket.end(bytes));
      socket.on('data', (chunk) => chunks.push(chunk));
      // A refused flood may be reset behind the answer.
      socket.once('error', (error) => (chunks.length > 0 ? resolve(text()) : reject(error)));
      socket.once('end', () => resolve(text()));
      const text = () => Buffer.concat(chunks).toString();
    });
    return withDeadline(answer, patience, 'the node to close').finally(() => socket.destroy());
  }

  /** A command through the browsers' door; answers its CommandResult. */
  async call(name, params = {}) {
    const id = ++this.#lastId;
    const answer = await this.post('/rpc',
      JSON.stringify({ jsonrpc: '2.0', id, method: name, params }));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(Object.keys(answer.json), ['jsonrpc', 'id', 'result'], answer.text);
    assert.equal(answer.json.id, id);
    return answer.json.result;
  }

  /** The data of a command that has to succeed. */
  async must(name, params) {
    const result = await this.call(name, params);
    assert.equal(result.success, true, `${name}: ${JSON.stringify(result)}`);
    return result.data;
  }

  // --- Chat --------------------------------------------------------------------------------------

  handoff(roomId, nickname) {
    return this.must('chat-connect', { roomId, nickname });
  }

  /** A WebSocket to any path of the node. */
  socket(target, options) {
    const url = target.startsWith('ws') ? target : `ws://${this.host}${target}`;
    const socket = new ChatSocket(url, options);
    this.#sockets.add(socket);
    return socket;
  }

  /** Joins a room as browsers do. The socket's `welcome` and `handoff` are set. */
  async openSocket(roomId, nickname) {
    const handoff = await this.handoff(roomId, nickname);
    const socket = this.socket(`${handoff.endpoint}?token=${handoff.credentials.token}`);
    socket.handoff = handoff;
    socket.welcome = await socket.next('welcome');
    return socket;
  }

  /** All messages of a room, page by page. */
  async pollAll(roomId, limit = 100) {
    const messages = [];
    for (let since, more = true; more;) {
      const page = await this.must('chat-poll', { roomId, limit, ...(since && { since }) });
      assert.ok(page.messages.length <= limit);
      messages.push(...page.messages);
      since = page.lastMessageId;
      more = page.hasMore;
    }
    return messages;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What every refusal has to say, be it a command's, a door's or JSON-RPC's. */
export function assertError(error, code) {
  assert.equal(typeof error, 'object', 'there is no error');
  const suggestion = typeof error.code === 'number' ? error.data?.suggestion : error.suggestion;
  assert.ok(typeof error.message === 'string' && error.message.length > 0, 'no message');
  assert.ok(typeof suggestion === 'string' && suggestion.length > 0, 'no suggestion');
  if (code !== undefined) assert.equal(error.code, code, JSON.stringify(error));
  else if (typeof error.code !== 'number') assert.match(error.code, /^[A-Z][A-Z_]+[A-Z]$/);
}
