// Members that do not read: the node lets go of them, the others do not notice.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChatNode } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

const line = '€'.repeat(1990); // 6 KB in UTF-8: what the kernel buffers is soon full
const window = 48; // messages under way
const most = 12_000; // 70 MB to each member: by then a member that never reads must be gone
const growth = 150; // MiB; two slow members may have 1 MiB each, RocksDB's write buffers the rest

describe('a member that never reads', { timeout: 200_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  it('is let go; the others get everything', async () => {
    const roomId = 'general';
    const readers = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) =>
      node.openSocket(roomId, name)));
    const [writer, ...others] = readers;
    const late = await node.openSocket(roomId, 'Late'); // will read again once it is over
    const dead = await node.openSocket(roomId, 'Dead'); // never reads again
    late.ws._socket.pause();
    dead.ws._socket.pause();
    const before = node.residentMiB();

    const slow = async () => (await node.must('node-status')).connections.slowConsumers;
    let said = 0;
    let peak = before;
    let gone = 0;
    while (gone < 2) {
      assert.ok(said < most, `${said} messages were not too much for a member that never reads`);
      for (let i = 0; i < window; ++i) writer.say(`${said++} ${line}`);
      const last = `${said - 1} ${line}`;
      await writer.nextMessage(last);
      writer.take();
      peak = Math.max(peak, node.residentMiB());
      gone = await slow();
    }
    assert.equal(gone, 2);

    // They left the room, and the room goes on.
    const left = () => writer.frames.filter((frame) => frame.type === 'user_left');
    await until(() => left().length === 2, 'them to leave the room');
    assert.deepEqual(left().map((frame) => frame.nickname).sort(), ['Dead', 'Late']);
    writer.say('the end');
    for (const reader of readers) await until(
      () => reader.messages().at(-1)?.text === 'the end', 'the end to come');
    const sequence = writer.messages();
    assert.equal(sequence.length, said + 1);
    sequence.slice(0, -1).forEach((m, i) => assert.ok(m.text.startsWith(`${i} `)));
    for (const reader of others)
      assert.deepEqual(reader.messages().map((m) => m.id), sequence.map((m) => m.id));

    if (!node.isSanitized())
      assert.ok(peak - before < growth, `memory grew from ${before} to ${peak} MiB`);

    // Late sees why, if it reads soon enough; what it did get is the beginning, without a gap.
    late.ws._socket.resume();
    const end = await late.closed();
    assert.ok([4008, 1006].includes(end.code), `${end.code} ${end.reason}`);
    assert.deepEqual(late.messages().map((m) => m.id),
      sequence.slice(0, late.messages().length).map((m) => m.id));
    for (const socket of [late, dead]) {
      const { sessionId } = socket.handoff.credentials;
      assert.equal((await node.must('chat-status', { sessionId })).state, 'disconnected');
    }

    // The dead one's socket is not kept either.
    await until(async () => (await node.must('node-status')).connections.webSockets === 3,
      'the dead connection to be given up');
    const { rooms } = await node.must('chat-rooms', { search: roomId });
    assert.equal(rooms[0].participants, 3);
    for (const reader of readers) await reader.ping();

    // The late one comes back to its session: the newest it missed are replayed, and where they do
    // not reach back to the last it has got, it is told what to poll.
    const all = sequence.map((m) => m.id);
    const got = late.messages().map((m) => m.id);
    const { sessionId } = late.handoff.credentials;
    const status = await node.must('chat-status', { sessionId });
    assert.equal(status.endedBy, 'slow');
    const back = await node.must('chat-reconnect', { sessionId, lastMessageId: got.at(-1) });
    const again = node.socket(`${back.endpoint}?token=${back.credentials.token}`);
    assert.equal((await again.next('welcome')).sessionId, sessionId);
    assert.equal((await again.next('caught_up')).lastMessageId, all.at(-1));
    const replayed = again.messages().map((m) => m.id);
    const [gap] = again.frames.filter((frame) => frame.type === 'history_gap');
    assert.deepEqual(replayed, all.slice(-replayed.length));
    assert.ok(replayed.length > 50, `${replayed.length} replayed`);
    if (gap) {
      assert.deepEqual({ since: gap.since, until: gap.until }, { since: got.at(-1), until: replayed[0] });
      const polled = (await node.pollAll('general')).map((m) => m.id);
      assert.deepEqual(polled.filter((id) => id > gap.since && id < gap.until),
        all.slice(got.length, -replayed.length));
    } else assert.equal(got.length + replayed.length, all.length);
    again.say('here I am');
    await again.nextMessage('here I am');
  });
});

describe('a sender that never reads', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  // Its own messages come back to it: it is slowed down or let go, but it is not buffered for.
  it('cannot fill the node', async () => {
    const reader = await node.openSocket('random', 'Reader');
    const sender = await node.openSocket('random', 'Sender');
    sender.ws._socket.pause();
    const before = node.residentMiB();
    const present = async () =>
      (await node.must('chat-rooms', { search: 'random' })).rooms[0].participants;
    let said = 0;
    while (await present() === 2) {
      assert.ok(said < most, `${said} messages were not too much for a sender that never reads`);
      for (let i = 0; i < window; ++i) sender.say(`${said++} ${line}`);
      const last = `${said - 1} `;
      await reader.next((frame) => frame.type === 'user_left' ||
        (frame.type === 'message' && frame.text.startsWith(last)));
    }
    // What the node had taken before the sender left still comes; behind this nothing does.
    reader.say('the end');
    await reader.nextMessage('the end');
    const received = reader.messages();
    received.slice(0, -1).forEach((m, i) => assert.ok(m.text.startsWith(`${i} `), `message ${i} is not next`));
    assert.deepEqual((await node.pollAll('random')).map((m) => m.id), received.map((m) => m.id));
    if (!node.isSanitized()) assert.ok(node.residentMiB() - before < growth);
    assert.equal((await node.must('node-status')).connections.slowConsumers, 1);
  });
});
