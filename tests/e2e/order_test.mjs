// Order and exactly-once: many write at the same time, everybody sees the same.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChatNode } from './lib/node.mjs';
import { patience, withDeadline } from './lib/wait.mjs';

const members = 50;
const writing_members = 12; // through their sockets
const agents = 8; // through chat-send, one message after the other
const each = 50;
const total = (writing_members + agents) * each;

describe('20 senders in one room seen by 50 members', { timeout: 200_000 }, () => {
  let node;
  let sockets;
  const roomId = 'crowd';
  before(async () => {
    node = await ChatNode.start();
    await node.must('chat-room-create', { roomId, maxParticipants: 200 });
    sockets = await Promise.all(Array.from({ length: members }, (_, i) =>
      node.openSocket(roomId, `member ${i}`)));
  });
  after(() => node.stop());

  // Every message is said once by one sender, and every member gets it.
  const assertSequence = (messages) => {
    assert.equal(messages.length, total);
    const ids = messages.map((m) => m.id);
    assert.equal(new Set(ids).size, total, 'an id came twice');
    assert.deepEqual(ids, [...ids].sort(), 'not in the order of ids');
    const count = new Map();
    for (const { sender, text } of messages) {
      const [who, number] = text.split(' says ');
      assert.equal(Number(number), count.get(who) ?? 0, `${who}'s messages are out of order`);
      count.set(who, Number(number) + 1);
      assert.equal(sender, who.startsWith('agent') ? 'Agent' : who);
    }
    assert.deepEqual([...count.values()], Array(writing_members + agents).fill(each));
  };

  it('everyone sees every message once, in one order', async () => {
    const all = sockets.map((socket) => withDeadline(new Promise((resolve) => {
      let seen = 0;
      socket.ws.on('message', (data) => {
        if (data.includes('"type":"message"') && ++seen === total) resolve();
      });
    }), 4 * patience, () => `${total} messages; there came ${socket.messages().length}`));

    for (let i = 0; i < each; ++i)
      for (let m = 0; m < writing_members; ++m) sockets[m].say(`member ${m} says ${i}`);
    const agent = async (name) => {
      const ids = [];
      for (let i = 0; i < each; ++i) {
        const data = await node.must('chat-send', { roomId, text: `${name} says ${i}` });
        ids.push(data.messageId);
      }
      return ids;
    };
    const sent = await Promise.all(Array.from({ length: agents }, (_, a) => agent(`agent ${a}`)));
    await Promise.all(all);
    await Promise.all(sockets.map((socket) => socket.ping())); // nothing comes behind

    const sequence = sockets[0].messages();
    assertSequence(sequence);
    for (const socket of sockets) {
      assert.deepEqual(socket.messages(), sequence);
      assert.equal(socket.frames.some((frame) => frame.type === 'error'), false);
    }
    sent.forEach((ids, a) => assert.deepEqual(ids,
      sequence.filter((m) => m.text.startsWith(`agent ${a} `)).map((m) => m.id)));
  });

  it('chat-poll gives the same in pages of any size', async () => {
    const sequence = sockets[0].messages().map(({ id, sender, text, timestamp }) =>
      ({ id, sender, text, timestamp: new Date(timestamp).toISOString() }));
    for (const limit of [100, 50, 33]) assert.deepEqual(await node.pollAll(roomId, limit), sequence);
    const last = sequence.at(-1).id;
    const end = await node.must('chat-poll', { roomId, since: sequence.at(-101).id, limit: 100 });
    assert.equal(end.hasMore, false, 'a page that is just full has no more behind it');
    assert.equal(end.messages.length, 100);
    const nothing = await node.must('chat-poll', { roomId, since: last });
    assert.deepEqual(nothing, { roomId, messages: [], hasMore: false, lastMessageId: last,
      truncated: false });
  });

  it('the counts are right', async () => {
    for (const [m, own] of [[0, each], [members - 1, 0]]) {
      const { sessionId } = sockets[m].handoff.credentials;
      const { metrics } = await node.must('chat-status', { sessionId });
      assert.deepEqual(metrics, { messagesSent: own, messagesReceived: total });
    }
    const { rooms } = await node.must('chat-rooms', { search: roomId });
    assert.equal(rooms[0].participants, members);
    const status = await node.must('node-status');
    assert.equal(status.messages.in, total);
    assert.equal(status.messages.out, total * members);
    assert.equal(status.sessions.connected, members);
    assert.equal(status.connections.slowConsumers, 0);
  });
});

describe('people who come and go while others write', { timeout: 200_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  // What a newcomer gets begins right behind welcome.lastMessageId, and has no gap.
  it('miss nothing from their welcome on', async () => {
    const roomId = 'general';
    const writer = await node.openSocket(roomId, 'Writer');
    const count = 400;
    const newcomers = [];
    for (let i = 0; i < count; ++i) {
      writer.say(`word ${i}`);
      if (i % 20 === 0) newcomers.push(node.openSocket(roomId, `newcomer ${i}`));
    }
    const sockets = await Promise.all(newcomers);
    writer.say('the end');
    await writer.nextMessage('the end');
    const sequence = await node.pollAll(roomId);
    assert.equal(sequence.length, count + 1);
    for (const socket of sockets) {
      await socket.nextMessage('the end');
      const from = sequence.findIndex((m) => m.id === socket.welcome.lastMessageId) + 1;
      assert.deepEqual(socket.messages().map((m) => m.id), sequence.slice(from).map((m) => m.id));
    }
    // Each sees those who came later, once.
    sockets.forEach((socket) => {
      const joined = socket.frames.filter((frame) => frame.type === 'user_joined');
      const before = socket.welcome.participants.length;
      assert.equal(before + joined.length, sockets.length + 1);
      assert.equal(new Set(joined.map((frame) => frame.nickname)).size, joined.length);
    });
  });
});
