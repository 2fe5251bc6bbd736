// Batches, pipes and streams: through the public client library, and through their own doors.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@lushly-dev/afd-client';
import { afdCall } from './lib/afd.mjs';
import { assertError, ChatNode } from './lib/node.mjs';
import { patience, withDeadline } from './lib/wait.mjs';

const rooms = { command: 'chat-rooms', input: {} };
const nowhere = { command: 'chat-poll', input: { roomId: 'nowhere' } };

/** An event stream as it comes; `next` waits for one chunk. */
class Chunks {
  #text = '';
  #waiting = [];
  #chunks = [];

  constructor(node, path, body) {
    const headers = { 'Content-Type': 'application/json', Accept: 'text/event-stream' };
    this.ended = new Promise((resolve) => {
      this.request = http.request(
        { host: '127.0.0.1', port: node.port, method: body ? 'POST' : 'GET', path, headers },
        (response) => {
          this.response = response;
          response.setEncoding('utf8').on('data', (text) => this.#take(text));
          response.once('close', resolve);
        });
      this.request.once('error', resolve);
      this.request.end(body && JSON.stringify(body));
    });
  }

  #take(text) {
    this.#text += text;
    for (let end; (end = this.#text.indexOf('\n\n')) >= 0;) {
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (event.startsWith(':')) continue;
      assert.match(event, /^data: [^\n]+$/, 'not one data: line');
      const chunk = JSON.parse(event.slice(6));
      if (this.#waiting.length > 0) this.#waiting.shift()(chunk);
      else this.#chunks.push(chunk);
    }
  }

  next() {
    if (this.#chunks.length > 0) return Promise.resolve(this.#chunks.shift());
    return withDeadline(new Promise((resolve) => this.#waiting.push(resolve)), patience, 'a chunk');
  }

  /** All chunks up to the end, which has to come. */
  async all() {
    await withDeadline(this.ended, patience, 'the stream to end');
    assert.equal(this.#text, '');
    return this.#chunks;
  }
}

describe('batches', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  const post = (body) => node.post('/batch', JSON.stringify(body));

  it('run through the public client library', async () => {
    const client = createClient({ url: `${node.url}/message`, transport: 'http' });
    await client.connect();
    const result = await client.batch(
      [{ id: 'a', ...rooms }, nowhere, { command: 'chat-rooms' }], { stopOnError: true });
    await client.disconnect();
    assert.equal(result.success, true);
    assert.deepEqual(result.results.map(({ id }) => id), ['a', 'cmd-1', 'cmd-2']);
    assert.deepEqual(result.summary,
      { total: 3, successCount: 1, failureCount: 1, skippedCount: 1 });
    assert.equal(result.results[2].result.error.code, 'COMMAND_SKIPPED');
  });

  it('run as the tool afd.batch of the command-line tool', async () => {
    const { called } = await afdCall(node, 'afd.batch', {
      commands: [{ id: 'cmd-0', ...rooms }],
      options: { stopOnError: false, timeout: 30000, parallelism: 1 },
    });
    assert.equal(called.isError, false);
    const result = JSON.parse(called.content[0].text);
    assert.deepEqual(Object.keys(result), ['success', 'results', 'summary', 'timing', 'reasoning',
      'confidence', 'metadata']);
  });

  it('run at POST /batch', async () => {
    const answer = await post({ commands: [rooms, nowhere] });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.success, true);
    assert.deepEqual(answer.json.summary,
      { total: 2, successCount: 1, failureCount: 1, skippedCount: 0 });
    assert.equal(answer.json.results[0].result.data.total, 3);
  });

  it('are refused at POST /batch with a BatchResult where they are none', async () => {
    const bodies = [{}, { commands: {} }, { commands: 'x' }, [], { commands: [5] },
      { commands: [{}] }, { commands: Array(101).fill(rooms) },
      { commands: [rooms], options: { timeout: 'x' } }];
    for (const body of bodies) {
      const answer = await post(body);
      assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 80));
      assert.equal(answer.json.success, false);
      assertError(answer.json.error, 'INVALID_BATCH_REQUEST');
      assert.ok(answer.json.error.details.errors.length > 0);
      assert.deepEqual(answer.json.results, []);
      assert.equal(answer.json.summary.total, 0);
    }
    const broken = await node.post('/batch', '{"commands":');
    assert.equal(broken.status, 400);
    assertError(broken.json.error, 'INVALID_BATCH_REQUEST');
    const empty = await post({ commands: [] });
    assert.equal(empty.status, 200);
    assert.equal(empty.json.success, false);
    assertError(empty.json.error, 'INVALID_BATCH_REQUEST');
  });

  it('count against the limits of their caller', async () => {
    const strict = await ChatNode.start({
      args: ['--command-rate', '5'], env: { CHATD_RATE_LIMITS: 'on' },
    });
    const body = JSON.stringify({ commands: Array(20).fill(rooms) });
    const { json } = await strict.post('/batch', body);
    assert.ok(json.summary.successCount <= 11 && json.summary.failureCount >= 9);
    const refused = await strict.post('/batch', body);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assertError(refused.json.error, 'RATE_LIMITED');
    assert.deepEqual(refused.json.results, []);
    await strict.stop();
  });

  it('do not keep others waiting', async () => {
    const slow = post({ commands: [{ command: 'chat-poll', input: { roomId: 'help', waitMs: 5000 } }] });
    const began = Date.now();
    await node.must('chat-rooms');
    assert.ok(Date.now() - began < 4000);
    await node.must('chat-send', { roomId: 'help', text: 'wake up' });
    const { json } = await slow;
    assert.equal(json.results[0].result.data.messages[0].text, 'wake up');
  });
});

describe('pipes', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  it('hand on what their steps answer', async () => {
    const result = await node.call('afd-pipe', {
      input: { text: '$$5 for lunch?' },
      steps: [
        { command: 'chat-rooms', as: 'rooms' },
        { command: 'chat-send', input: { roomId: '$prev.rooms[0].id', text: '$input.text' } },
        { command: 'chat-poll', input: { roomId: '$steps.rooms.rooms.0.id' } },
        { command: 'chat-send', input: { roomId: 'general', text: 'many' },
          when: { $gt: ['$steps.rooms.total', 10] } },
      ],
    });
    assert.equal(result.success, true, JSON.stringify(result.error));
    assert.deepEqual(result.steps.map((step) => step.status),
      ['success', 'success', 'success', 'skipped']);
    assert.equal(result.data.messages.at(-1).text, '$$5 for lunch?');
    assert.equal(result.metadata.completedSteps, 3);
  });
});

describe('streams', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  const say = (text, roomId = 'general') => node.must('chat-send', { roomId, text });

  it('carry the answer of any command, as chunks', async () => {
    const chunks = await new Chunks(node, '/stream/chat-rooms', {}).all();
    assert.deepEqual(chunks.map((chunk) => chunk.type), ['data', 'complete']);
    assert.deepEqual(Object.keys(chunks[0]), ['type', 'data', 'index', 'isLast']);
    assert.equal(chunks[0].data.total, 3);
    assert.equal(chunks[0].isLast, true);
    assert.equal(chunks[1].totalChunks, 1);
    assert.ok(chunks[1].totalDurationMs >= 0 && chunks[1].confidence === 1);
    const list = await new Chunks(node, '/stream/afd-detail',
      { command: ['chat-poll', 'chat-send'] }).all();
    assert.deepEqual(list.map((chunk) => chunk.type), ['data', 'data', 'complete']);
    assert.deepEqual(list.map((chunk) => chunk.isLast), [false, true, undefined]);
    const input = encodeURIComponent(JSON.stringify({ limit: 1 }));
    const got = await new Chunks(node, `/stream/chat-rooms?input=${input}`).all();
    assert.equal(got[0].data.rooms.length, 1);
    assert.equal((await new Chunks(node, '/stream/chat-rooms').all()).length, 2);
  });

  it('carry errors as chunks, too', async () => {
    const [unknown] = await new Chunks(node, '/stream/chat-pol', {}).all();
    assert.equal(unknown.type, 'error');
    assertError(unknown.error, 'COMMAND_NOT_FOUND');
    assert.equal(unknown.chunksBeforeError, 0);
    assert.equal(unknown.recoverable, false);
    const [bad] = await new Chunks(node, '/stream/chat-poll', {}).all();
    assertError(bad.error, 'VALIDATION_ERROR');
    const broken = await node.post('/stream/chat-rooms', '{');
    assert.equal(broken.status, 400);
    assertError(broken.json.error, 'INVALID_REQUEST');
    const write = await node.request({ path: '/stream/chat-send?input=%7B%7D' });
    assert.equal(write.status, 405);
    assert.equal(write.headers.allow, 'POST, OPTIONS');
    assert.equal((await node.request({ path: '/stream/' })).status, 404);
  });

  it('run through the public client library', async () => {
    const client = createClient({ url: `${node.url}/message`, transport: 'http' });
    await client.connect();
    const types = [];
    for await (const chunk of client.stream('chat-rooms', {})) types.push(chunk.type);
    assert.deepEqual(types, ['data', 'complete']);
    await say('one', 'random');
    const texts = [];
    for await (const chunk of client.stream('chat-stream', { roomId: 'random', maxMessages: 1 }))
      texts.push(chunk.data?.text ?? chunk.type);
    assert.deepEqual(texts, ['one', 'complete']);
    await client.disconnect();
  });

  it('send a room’s messages as they come, each once and in order', async () => {
    await say('first');
    const stream = new Chunks(node, '/stream/chat-stream', { roomId: 'general' });
    assert.equal((await stream.next()).data.text, 'first');
    for (let i = 0; i < 50; ++i) {
      await say(`live ${i}`);
      if (i % 10 !== 9) continue;
      for (let j = i - 9; j <= i; ++j) {
        const chunk = await stream.next();
        assert.equal(chunk.data.text, `live ${j}`);
        assert.equal(chunk.index, j + 1);
        assert.equal(chunk.isLast, false);
      }
    }
    stream.request.destroy();
  });

  it('send changes in their places, and tell of what is not held any more', async () => {
    const room = { roomId: 'changed' };
    await node.must('chat-room-create', room);
    const ids = [];
    const post = async (text) =>
      ids.push((await node.must('chat-send', { ...room, text })).messageId);
    for (const text of ['one', 'two', 'three']) await post(text);
    await node.must('chat-edit', { ...room, messageId: ids[0], text: 'ONE' });
    await node.must('chat-delete', { ...room, messageId: ids[1] });
    await post('six');
    const chunks = await new Chunks(node, '/stream/chat-stream',
      { ...room, maxMessages: 6 }).all();
    assert.deepEqual(chunks.slice(0, 6).map(({ data }) => data.change ?? data.text),
      ['ONE', '', 'three', 'edited', 'deleted', 'six']);
    assert.deepEqual(chunks.map(({ data }) => data?.id).slice(0, 6),
      chunks.map(({ data }) => data?.id).slice(0, 6).sort());
    await node.must('chat-room-delete', room);
    await node.must('chat-room-create', room);
    await post('seven');
    const [gap, message, end] = await new Chunks(node, '/stream/chat-stream',
      { ...room, since: ids[0], maxMessages: 1 }).all();
    assert.equal(gap.type, 'progress');
    assert.equal(gap.warning.code, 'HISTORY_TRUNCATED');
    assert.match(gap.message, new RegExp(ids[0]));
    assert.equal(message.data.text, 'seven');
    assert.equal(message.index, 0);
    assert.equal(end.totalChunks, 1);
  });

  it('send a long history whole', async () => {
    await node.must('chat-room-create', { roomId: 'long' });
    const text = 'x'.repeat(2000);
    for (let i = 0; i < 5; ++i) {
      const commands = Array.from({ length: 100 }, (_, j) => (
        { command: 'chat-send', input: { roomId: 'long', text: `${i * 100 + j} ${text}`.slice(0, 2000) } }));
      const sent = await node.call('afd-batch', { commands });
      assert.equal(sent.summary.successCount, 100);
    }
    const stream = new Chunks(node, '/stream/chat-stream', { roomId: 'long', maxMessages: 500 });
    const chunks = await stream.all();
    assert.equal(chunks.length, 501);
    chunks.slice(0, 500).forEach((chunk, i) => assert.ok(chunk.data.text.startsWith(`${i} `)));
    assert.equal(chunks[499].isLast, true);
    assert.equal(chunks[500].type, 'complete');
  });

  it('end by themselves when they are told to', async () => {
    const chunks = await new Chunks(node, '/stream/chat-stream',
      { roomId: 'help', forMs: 300 }).all();
    assert.deepEqual(chunks.map((chunk) => chunk.type), ['complete']);
    const page = await node.must('chat-stream', { roomId: 'general', limit: 1 });
    assert.equal(page.messages.length, 1);
    const [error] = await new Chunks(node, '/stream/chat-stream', { roomId: 'nowhere' }).all();
    assertError(error.error, 'ROOM_NOT_FOUND');
    const [bad] = await new Chunks(node, '/stream/chat-stream', { roomId: 5 }).all();
    assertError(bad.error, 'VALIDATION_ERROR');
    const [unknown] = await new Chunks(node, '/stream/chat-stream',
      { roomId: 'general', since: 'm9' }).all();
    assert.deepEqual(unknown.error.details.expectedFields,
      ['roomId', 'since', 'limit', 'maxMessages', 'forMs']);
  });
});
