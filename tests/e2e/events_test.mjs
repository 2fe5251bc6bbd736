// Event streams of rooms (handoff protocol `sse`): to the room and to the session they are what
// WebSockets are, but they only read (contract, sections 1, 4 and 5).

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import EventSource from 'eventsource';
import { EventStream, openEvents } from './lib/event_stream.mjs';
import { assertError, ChatNode } from './lib/node.mjs';
import { patience, until, withDeadline } from './lib/wait.mjs';

const connect = (node, roomId, nickname) =>
  node.must('chat-connect', { roomId, nickname, transport: 'sse' });

async function join(node, roomId, nickname) {
  const handoff = await connect(node, roomId, nickname);
  const stream = openEvents(handoff);
  stream.handoff = handoff;
  stream.sessionId = handoff.credentials.sessionId;
  stream.welcome = await stream.next('welcome');
  return stream;
}

const send = (node, roomId, text, sessionId) =>
  node.must('chat-send', { roomId, text, ...(sessionId && { sessionId }) });

describe('event streams', { timeout: 120_000 }, () => {
  let node;
  let rooms = 0;
  const newRoom = async (more = {}) =>
    (await node.must('chat-room-create', { roomId: `events-${++rooms}`, ...more })).id;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  it('are handed off as WebSockets are', async () => {
    const result = await node.call('chat-connect', { roomId: 'general', transport: 'sse' });
    const { protocol, endpoint, credentials, metadata } = result.data;
    assert.equal(protocol, 'sse');
    assert.equal(endpoint, `${node.url}/rooms/general/events`);
    assert.deepEqual(Object.keys(credentials), ['token', 'sessionId']);
    assert.deepEqual(metadata.capabilities,
      ['read-only', 'text', 'typing', 'presence', 'reactions']);
    assert.deepEqual(metadata.reconnect, { allowed: true, maxAttempts: 5, backoffMs: 1000 });
    assert.match(metadata.description, /chat-send/);
    assert.equal(result._agentHints.handoffType, 'sse');
    assert.match(result._agentHints.nextAction, /chat-send and this sessionId/);
    const other = await node.call('chat-connect', { roomId: 'general', transport: 'carrier pigeon' });
    assertError(other.error, 'VALIDATION_ERROR');
    const same = await node.must('chat-connect', { roomId: 'general', transport: 'websocket' });
    assert.equal(same.protocol, 'websocket');
    const missing = await node.call('chat-connect', { roomId: 'nowhere', transport: 'sse' });
    assertError(missing.error, 'ROOM_NOT_FOUND');
  });

  it('carry what WebSockets carry, in the same order, and post through chat-send', async () => {
    const roomId = await newRoom();
    const bob = await node.openSocket(roomId, 'Bob');
    const ada = await join(node, roomId, 'Ada');
    const { headers } = await ada.opened();
    assert.equal(headers['content-type'], 'text/event-stream');
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(ada.welcome.participants, ['Ada', 'Bob']);
    assert.equal(ada.welcome.sessionId, ada.sessionId);
    assert.equal((await bob.next('user_joined')).nickname, 'Ada');
    assert.equal(ada.lastEventId, '');

    bob.say('Hello\nAda "\u2028" 🦊');
    const hello = await ada.next('message');
    assert.deepEqual(hello, await bob.next('message'));
    assert.equal(ada.lastEventId, hello.id);
    bob.send({ type: 'typing' });
    assert.deepEqual(await ada.next('typing'), { type: 'typing', nickname: 'Bob' });
    bob.send({ type: 'reaction', messageId: hello.id, emoji: '👍' });
    assert.equal((await ada.next('reaction')).messageId, hello.id);
    assert.equal(ada.lastEventId, hello.id, 'only messages move the last id');

    const { messageId } = await send(node, roomId, 'Hello Bob', ada.sessionId);
    const own = await ada.next('message');
    assert.deepEqual([own.id, own.sender, own.text], [messageId, 'Ada', 'Hello Bob']);
    assert.deepEqual(await bob.nextMessage('Hello Bob'), own);
    const status = await node.must('chat-status', { sessionId: ada.sessionId });
    assert.equal(status.state, 'connected');
    assert.deepEqual(status.metrics, { messagesSent: 1, messagesReceived: 2 });
    assert.equal((await node.must('node-status')).connections.eventStreams, 1);

    await bob.close();
    assert.equal((await ada.next('user_left')).nickname, 'Bob');
    const cy = await node.openSocket(roomId, 'Cy');
    ada.destroy();
    assert.equal((await cy.next('user_left')).nickname, 'Ada');
    assert.equal((await node.must('chat-status', { sessionId: ada.sessionId })).state,
      'disconnected');
  });

  it('go on after Last-Event-ID, exactly, while the room is busy', async () => {
    const roomId = await newRoom();
    const bob = await node.openSocket(roomId, 'Bob');
    let ada = await join(node, roomId, 'Ada');
    const { sessionId } = ada;
    const sent = [];
    const seen = [];
    let talking = true;
    const talk = (async () => {
      for (let i = 0; talking; ++i) {
        bob.say(`message ${i}`);
        sent.push((await bob.nextMessage(`message ${i}`)).id);
      }
    })();
    for (let round = 1; round <= 4; ++round) {
      await ada.next((frame) => frame.type === 'message' && sent.length >= 40 * round);
      ada.destroy();
      await ada.closed();
      seen.push(...ada.messages().map((message) => message.id));
      const last = seen.at(-1);
      await until(() => sent.length >= 40 * round + 20, 'more to be said');
      // What chat-reconnect is told does not count once the stream says better.
      const handoff = await node.must('chat-reconnect', { sessionId, lastMessageId: sent[0] });
      assert.equal(handoff.protocol, 'sse');
      assert.equal(handoff.endpoint, `${node.url}/rooms/${roomId}/events`);
      ada = round % 2 === 0 ? openEvents(handoff, { 'Last-Event-ID': last })
        : new EventStream(
          `${handoff.endpoint}?token=${handoff.credentials.token}&lastEventId=${last}`);
      await ada.next('welcome');
      assert.ok((await ada.next('caught_up')).lastMessageId > last, 'something was missed');
    }
    talking = false;
    await talk;
    await ada.next((frame) => frame.type === 'message' && frame.id === sent.at(-1));
    seen.push(...ada.messages().map((message) => message.id));
    assert.deepEqual(seen, sent);
  });

  it('without Last-Event-ID go on where chat-reconnect says', async () => {
    const roomId = await newRoom();
    const ada = await join(node, roomId, 'Ada');
    const ids = [];
    for (const text of ['one', 'two', 'three'])
      ids.push((await send(node, roomId, text)).messageId);
    await ada.nextMessage('three');
    ada.destroy();
    const { sessionId } = ada;
    const handoff = await node.must('chat-reconnect', { sessionId, lastMessageId: ids[0] });
    const again = openEvents(handoff);
    await again.next('caught_up');
    assert.deepEqual(again.messages().map((message) => message.text), ['two', 'three']);
    assert.equal(again.lastEventId, ids[2]);
    // What is no position at all is refused. The token is not spoilt by it.
    const next = await node.must('chat-reconnect', { sessionId });
    const wrong = openEvents(next, { 'Last-Event-ID': 'the last one' });
    const refused = await wrong.refused();
    assert.equal(refused.status, 400);
    assertError(refused.error, 'VALIDATION_ERROR');
    const right = openEvents(next, { 'Last-Event-ID': ids[1] });
    await right.next('caught_up');
    assert.deepEqual(right.messages().map((message) => message.text), ['three']);
  });

  it('have one connection a session: a newer one takes over', async () => {
    const roomId = await newRoom();
    const bob = await node.openSocket(roomId, 'Bob');
    const ada = await join(node, roomId, 'Ada');
    const handoff = await node.must('chat-reconnect', { sessionId: ada.sessionId });
    const newer = openEvents(handoff);
    await newer.next('caught_up');
    assert.deepEqual(await ada.closed(),
      { code: 4004, reason: 'Taken over by a newer connection' });
    await send(node, roomId, 'still here', ada.sessionId);
    await newer.nextMessage('still here');
    await bob.nextMessage('still here');
    assert.deepEqual(bob.frames.map((frame) => frame.type), ['welcome', 'user_joined', 'message']);
  });

  it('end with their session, and say so', async () => {
    const roomId = await newRoom();
    const [ada, bob] = [await join(node, roomId, 'Ada'), await join(node, roomId, 'Bob')];
    await node.must('chat-disconnect', { sessionId: ada.sessionId });
    assert.deepEqual(await ada.closed(), { code: 4006, reason: 'Session ended' });
    await node.must('chat-revoke', { sessionId: bob.sessionId });
    assert.equal((await bob.closed()).code, 4006);
    const cy = await join(node, roomId, 'Cy');
    const pending = await connect(node, roomId, 'Pat');
    await node.must('chat-room-delete', { roomId });
    assert.equal((await cy.closed()).code, 4006);
    const gone = await openEvents(pending).refused();
    assert.equal(gone.status, 410);
    assertError(gone.error, 'SESSION_CLOSED');
  });

  it('are refused with a status and what to do', async () => {
    const roomId = await newRoom({ maxParticipants: 1 });
    const [one, two] = [await connect(node, roomId, 'One'), await connect(node, roomId, 'Two')];
    const url = (handoff, room = roomId) =>
      `${node.url}/rooms/${room}/events?token=${handoff.credentials.token}`;
    const refused = async (stream, status, code) => {
      const answer = await stream.refused();
      assert.equal(answer.status, status, JSON.stringify(answer.error));
      assertError(answer.error, code);
      return answer;
    };
    const missing = await refused(new EventStream(one.endpoint), 401, 'UNAUTHORIZED');
    assert.match(missing.headers['www-authenticate'], /^Bearer/);
    await refused(new EventStream(`${one.endpoint}?token=garbage`), 401, 'INVALID_TOKEN');
    await refused(new EventStream(url(one, 'general')), 403, 'FORBIDDEN');
    await refused(new EventStream(url(one, 'nowhere')), 403, 'FORBIDDEN');
    await refused(new EventStream(url(one, 'a%20b')), 404, 'ROOM_NOT_FOUND');
    const first = openEvents(one);
    await first.next('welcome');
    await refused(openEvents(two), 503, 'ROOM_FULL');
    const used = await refused(openEvents(one), 401, 'INVALID_TOKEN');
    assert.match(used.error.suggestion, /chat-reconnect/);
    first.destroy();
    await until(async () => (await node.must('chat-rooms', { search: roomId }))
      .rooms[0].participants === 0, 'the room to be empty');
    await openEvents(two).next('welcome'); // a full room does not spoil a token
  });

  it('take no token of a WebSocket, and no WebSocket takes theirs', async () => {
    const socket = await node.handoff('general', 'Socket');
    const stream = await connect(node, 'general', 'Stream');
    const wrong = await new EventStream(
      `${node.url}/rooms/general/events?token=${socket.credentials.token}`).refused();
    assert.equal(wrong.status, 403);
    const { token } = stream.credentials;
    assert.equal((await node.socket(`/rooms/general?token=${token}`).closed()).code, 4003);
    await openEvents(stream).next('welcome'); // neither was spoilt
    await node.socket(`${socket.endpoint}?token=${socket.credentials.token}`).next('welcome');
  });

  it('serve a plain EventSource, which goes on with a new token only', async () => {
    const roomId = await newRoom();
    const { endpoint, credentials: { token, sessionId } } = await connect(node, roomId, 'Page');
    const source = new EventSource(`${endpoint}?token=${token}`);
    const event = (type) => withDeadline(
      new Promise((resolve) => source.addEventListener(type, resolve, { once: true })),
      patience, `the event ${type}`);
    let message = event('message');
    assert.equal(JSON.parse((await message).data).type, 'welcome');
    message = event('message');
    const { messageId } = await send(node, roomId, 'Hello');
    assert.equal((await message).lastEventId, messageId);
    // Another connection takes its place: it is told so, tries again as EventSources do, and stops.
    const handoff = await node.must('chat-reconnect', { sessionId });
    const closing = event('close');
    const stream = openEvents(handoff);
    assert.equal(JSON.parse((await closing).data).code, 4004);
    const failed = (async () => {
      for (let error; error?.status !== 401;) error = await event('error');
    })();
    await failed;
    assert.equal(source.readyState, EventSource.CLOSED);
    await stream.next('welcome');
    stream.destroy();
  });
});

describe('event streams of a node that ends', { timeout: 120_000 }, () => {
  const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-e2e-'));
  after(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }));

  it('go on where they were after kill -9, and are told of a stop', async () => {
    let node = await ChatNode.start({ data });
    const ada = await join(node, 'general', 'Ada');
    const { sessionId } = ada;
    await send(node, 'general', 'one');
    const one = await ada.nextMessage('one');
    await node.kill();
    assert.equal(await ada.closed(), undefined);

    node = await ChatNode.start({ data });
    const missed = [];
    for (const text of ['two', 'three', 'four']) missed.push(await send(node, 'general', text));
    const used = await new EventStream(
      `${node.url}/rooms/general/events?token=${ada.handoff.credentials.token}`).refused();
    assert.equal(used.status, 401);
    const handoff = await node.must('chat-reconnect', { sessionId });
    assert.equal(handoff.protocol, 'sse'); // the store knows
    const again = openEvents(handoff, { 'Last-Event-ID': one.id });
    await again.next('caught_up');
    assert.deepEqual(again.messages().map((message) => message.id),
      missed.map((answer) => answer.messageId));
    const closed = again.closed();
    await node.stop();
    assert.equal((await closed).code, 1001);
  });

  it('count and are limited like sockets', async () => {
    const node = await ChatNode.start({
      args: ['--rate-limits', 'on', '--message-rate', '1', '--token-secret-file',
        path.join(data, 'other-secret')],
    });
    const ada = await join(node, 'general', 'Ada');
    const statuses = [];
    for (let i = 0; i < 4; ++i) {
      const params = { roomId: 'general', text: `${i}`, sessionId: ada.sessionId };
      const answer = await node.post('/rpc',
        JSON.stringify({ id: i, method: 'chat-send', params }));
      statuses.push(answer.status);
      if (answer.status === 429) assertError(answer.json.result.error, 'RATE_LIMITED');
    }
    assert.deepEqual(statuses.slice(0, 2), [200, 200]);
    assert.ok(statuses.includes(429), statuses.join());
    ada.destroy();
    await node.stop();
  });

  it('end when nothing is said in their name for too long', async () => {
    const node = await ChatNode.start({ args: ['--idle-timeout', '2'] });
    const ada = await join(node, 'general', 'Ada');
    assert.deepEqual(await ada.closed(),
      { code: 4002, reason: 'Session expired after long silence: call chat-connect' });
    await node.stop();
  });
});
