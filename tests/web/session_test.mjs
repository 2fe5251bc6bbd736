// A session of the chat page, told what happens: what it shows, what it sends, when it tries again.

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { load } from './lib/load.mjs';
import { World, id, no, ok, said } from './lib/world.mjs';

const { RoomSession, RoomLog, OwnMessages } =
  await load('chat/model/session', 'chat/model/log', 'chat/model/own');

describe('a session', () => {
  let world;
  let session;
  beforeEach(() => {
    world = new World();
    session = fresh();
  });
  const fresh = () => {
    const own = new OwnMessages(world.machineKept, 'general', () => '');
    return new RoomSession(world, new RoomLog('general', world.call, own), 'Ada');
  };
  const texts = () => session.log.messages.map((message) => message.text);
  const say = (text) => session.sender.say(text);
  const unsent = () => session.sender.outbox.items.map((item) => item.text);

  const connect = async (last = null) => {
    session.start();
    await world.handOff('chat-connect', 's');
    await world.welcome(last);
    assert.equal(session.connection.kind, 'connected');
  };
  const comeBack = async (from) => {
    await world.pass(2_000);
    const params = await world.handOff('chat-reconnect', 's', from);
    await world.welcome();
    return params;
  };

  it('shows what is said, once and in order', async () => {
    await connect();
    for (const frame of [said(1, 'one'), said(2, 'two'), said(2, 'two'), said(4, 'four')])
      world.socket.say(frame);
    assert.deepEqual(texts(), ['one', 'two', 'four']);
    assert.equal(session.unread, 3);
  });

  it('comes back from what it has, and is connected once it caught up', async () => {
    await connect(id(5));
    world.socket.say(said(6, 'six'));
    const edit = { messageId: id(6), text: 'SIX', timestamp: 7 };
    world.socket.say({ type: 'message_edited', id: id(7), ...edit });
    world.socket.end(1006);
    assert.equal(session.connection.kind, 'waiting');
    const { lastMessageId } = await comeBack(id(7));
    assert.equal(lastMessageId, id(7)); // a change has a place, too
    assert.equal(session.connection.kind, 'connecting');
    world.socket.say(said(8, 'eight'));
    world.socket.say({ type: 'caught_up', lastMessageId: id(8) });
    assert.equal(session.connection.kind, 'connected');
    assert.deepEqual(texts(), ['SIX', 'eight']);
  });

  it('sends one message after the other, and again after a loss', async () => {
    await connect();
    say('one');
    say('two');
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['one']);
    const [{ clientMessageId: first }] = world.socket.messages();
    world.socket.say(said(1, 'one', { sender: 'Ada', clientMessageId: first }));
    const second = world.socket.messages()[1];
    assert.equal(second.text, 'two');
    world.socket.end(1006); // and nobody knows whether the node has it
    say('three');
    assert.deepEqual(unsent(), ['two', 'three']);
    await comeBack(id(1));
    assert.deepEqual(world.socket.messages(), []); // not before all that was missed is here
    world.socket.say(said(2, 'two', { sender: 'Ada', clientMessageId: second.clientMessageId }));
    world.socket.say({ type: 'caught_up', lastMessageId: id(2) });
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['three']);
    assert.deepEqual(texts(), ['one', 'two']);
    assert.equal(session.unread, 0); // one's own
  });

  it('sends what is unknown under the same id, and takes the first answer', async () => {
    await connect();
    say('hello');
    const [{ clientMessageId }] = world.socket.messages();
    world.socket.end(1001);
    await comeBack(null);
    world.socket.say({ type: 'history_gap', since: null, until: id(900) });
    world.socket.say(said(900, 'later'));
    world.socket.say({ type: 'caught_up', lastMessageId: id(900) });
    assert.equal(world.socket.messages()[0].clientMessageId, clientMessageId);
    world.socket.say(said(3, 'hello', { sender: 'Ada', clientMessageId }));
    assert.deepEqual(unsent(), []);
    assert.deepEqual(texts(), ['later']); // its place is in what is not read yet
    assert.equal(session.log.hasOlder, true);
  });

  it('goes back with a node that was restored from a backup', async () => {
    await connect(id(2));
    world.socket.say(said(3, 'lost'));
    world.socket.end(1006);
    await comeBack(id(2));
    world.socket.say({ type: 'history_gap', since: id(2), until: id(3), reason: 'restored' });
    world.socket.say({ type: 'caught_up', lastMessageId: id(2) });
    assert.deepEqual(texts(), []); // and what the room has is read when it is wanted
    assert.equal(session.log.hasOlder, true);
    assert.match(session.sender.notice.title, /lost/);
    world.socket.end(1006);
    assert.equal((await comeBack(id(2))).lastMessageId, id(2));
    world.socket.say(said(900, 'later'));
    world.socket.say({ type: 'caught_up', lastMessageId: id(900) });
    assert.deepEqual(texts(), ['later']);
  });

  it('begins a new session where the node went back to', async () => {
    await connect(id(2));
    world.socket.say(said(3, 'lost'));
    world.socket.end(1006);
    await world.pass(2_000);
    (await world.take('chat-reconnect')).answer(no('SESSION_NOT_FOUND'));
    await world.pass(5_000);
    await world.handOff('chat-connect', 't');
    await world.welcome(id(2));
    assert.deepEqual(texts(), []);
    assert.match(session.sender.notice.title, /lost/);
    world.socket.end(1006);
    await world.pass(5_000);
    assert.equal((await world.handOff('chat-reconnect', 't', id(2))).lastMessageId, id(2));
  });

  it('keeps what is not sent through a reload', async () => {
    await connect(id(3));
    world.socket.end(1006);
    say('still here');
    session = fresh();
    assert.deepEqual(unsent(), ['still here']);
    session.start();
    assert.equal((await world.handOff('chat-reconnect', 's', id(3))).lastMessageId, id(3));
    await world.welcome();
    world.socket.say({ type: 'caught_up', lastMessageId: id(3) });
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['still here']);
  });

  it('looks for what the last session sent before it sends it in a new one', async () => {
    await connect(id(3));
    say('maybe');
    world.socket.end(1006);
    say('surely not');
    await world.pass(2_000);
    (await world.take('chat-reconnect')).answer(no('SESSION_EXPIRED'));
    await world.pass(5_000);
    await world.handOff('chat-connect', 't');
    await world.welcome(id(9));
    const poll = await world.take('chat-poll');
    assert.equal(poll.params.since, id(3));
    poll.answer(ok({
      messages: [
        { id: id(4), sender: 'Bob', text: 'maybe' },
        { id: id(5), sender: 'Ada', text: 'maybe' },
      ],
      hasMore: false,
      lastMessageId: id(5),
    }));
    await world.settle();
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['surely not']);
  });

  it('sends again what the node could not take just now, and keeps the order', async () => {
    await connect();
    say('one');
    say('two');
    const [{ clientMessageId }] = world.socket.messages();
    world.socket.say({
      type: 'error', code: 'RATE_LIMITED', message: 'Too fast', retryable: true,
      retryAfterMs: 700, clientMessageId,
    });
    await world.pass(600);
    assert.equal(world.socket.messages().length, 1);
    // One word on it: it waits and goes by itself. Nobody is asked to send it again.
    assert.match(session.sender.trouble.title, /too fast/);
    assert.equal(session.sender.notice, undefined);
    assert.equal(session.sender.outbox.next.refusal, undefined);
    await world.pass(200);
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['one', 'one']);
    world.socket.say(said(1, 'one', { sender: 'Ada', clientMessageId }));
    assert.equal(session.sender.trouble, undefined);
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['one', 'one', 'two']);
  });

  it('asks a full disk less and less often', async () => {
    await connect();
    say('one');
    const [{ clientMessageId }] = world.socket.messages();
    const waits = [];
    for (let i = 0; i < 7; ++i) {
      const sent = world.socket.messages().length;
      world.socket.say({
        type: 'error', code: 'STORAGE_UNAVAILABLE', message: 'The message was not stored',
        suggestion: 'The message was not sent. Send it again', retryable: true, clientMessageId,
      });
      assert.equal(session.sender.notice, undefined);
      let waited = 0;
      for (; world.socket.messages().length === sent; waited += 500) {
        await world.pass(500);
        if (waited % 5_000 === 0) world.socket.say({ type: 'pong' });
      }
      waits.push(waited);
    }
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('puts aside what the node will never take, and goes on', async () => {
    await connect();
    say('bad');
    say('good');
    world.socket.say({ type: 'error', code: 'INVALID_MESSAGE', message: 'No', suggestion: 'Yes' });
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['bad', 'good']);
    const [refused] = session.sender.outbox.items;
    assert.match(refused.refusal.title, /cannot read/);
    session.sender.discard(refused.clientId);
    assert.deepEqual(unsent(), ['good']);
    // What is about nothing that was written is only said.
    world.socket.say({ type: 'error', code: 'MESSAGE_NOT_FOUND', message: 'No such message' });
    assert.equal(session.sender.notice.title, 'There is no such message');
  });

  it('waits longer from try to try, and not long when it lasted', async () => {
    await connect();
    world.socket.end(1006);
    const waits = [];
    for (let i = 0; i < 7; ++i) {
      waits.push(session.connection.until - world.time);
      await world.pass(waits.at(-1));
      (await world.take('chat-reconnect')).answer(no('UNREACHABLE', { retryable: true }));
      await world.settle();
    }
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000]);
    session.retryNow();
    await world.handOff('chat-reconnect', 's', null);
    await world.welcome();
    world.socket.say({ type: 'caught_up', lastMessageId: null });
    await world.pass(15_000);
    world.socket.end(1006);
    assert.equal(session.connection.until - world.time, 1_000);
  });

  it('notices that the node is gone without a word', async () => {
    await connect();
    await world.pass(20_000);
    assert.deepEqual(world.socket.sent, [{ type: 'ping' }]);
    world.socket.say({ type: 'pong' });
    await world.pass(20_000);
    assert.equal(session.connection.kind, 'connected');
    await world.pass(8_500); // nothing comes back
    assert.equal(session.connection.kind, 'waiting');
    assert.ok(world.socket.isClosed);
  });

  for (const [code, kind] of [
    [1000, 'waiting'], [1001, 'waiting'], [1006, 'waiting'], [1008, 'waiting'], [1011, 'waiting'],
    [4001, 'waiting'], [4002, 'waiting'], [4003, 'waiting'], [4004, 'waiting'],
    [4008, 'waiting'], [4000, 'ended'], [4005, 'ended'], [4006, 'ended'],
  ])
    it(`is ${kind} after ${code}, and says why`, async () => {
      await connect();
      world.socket.end(code, 'Because');
      assert.equal(session.connection.kind, kind);
      assert.ok(session.connection.why.title.length > 5);
      if (code === 1008) assert.ok(session.connection.until - world.time >= 10_000);
      await world.pass(60_000);
      const next = world.calls.find((call) => /connect$/.test(call.command));
      const isFresh = [4002, 4003, 4004].includes(code);
      const wanted = kind === 'ended' ? undefined : isFresh ? 'chat-connect' : 'chat-reconnect';
      assert.equal(next?.command, wanted);
      if (kind === 'ended') {
        session.rejoin();
        const again = code === 4005 ? 'chat-reconnect' : 'chat-connect';
        assert.equal((await world.take(again)).command, again);
      }
    });

  it('tells apart who was removed, whose room was deleted, and who left', async () => {
    const { readFileSync } = await import('node:fs');
    const table = readFileSync(new URL('../../model/close_reason.hpp', import.meta.url), 'utf8');
    const reasons = [...table.matchAll(/\{4006,\s*"([^"]+)"/g)].map(([, reason]) => reason);
    assert.equal(reasons.length, 4);
    const titles = new Set();
    for (const reason of reasons) {
      world = new World();
      session = fresh();
      await connect();
      world.socket.end(4006, reason);
      assert.equal(session.connection.kind, 'ended');
      titles.add(session.connection.why.title);
      assert.equal(session.connection.why.isRoomGone === true, /deleted/.test(reason), reason);
    }
    assert.equal(titles.size, reasons.length, 'each reads differently');
    // Deleted while nobody looked: the node only says that the session is over.
    world = new World();
    session = fresh();
    await connect();
    world.socket.end(1006);
    world.history = () => no('ROOM_NOT_FOUND');
    await world.pass(2_000);
    (await world.take('chat-reconnect')).answer(no('SESSION_CLOSED'));
    await world.settle();
    assert.equal(session.connection.why.isRoomGone, true);
  });

  it('comes back as soon as the node answers anything, but not before the node wants it', async () => {
    await connect();
    world.socket.end(1006);
    for (let i = 0; i < 6; ++i) {
      await world.pass(session.connection.until - world.time);
      (await world.take('chat-reconnect')).answer(no('UNREACHABLE', { retryable: true }));
      await world.settle();
    }
    assert.ok(session.connection.until - world.time > 20_000);
    session.nodeIsBack();
    await world.handOff('chat-reconnect', 's', null);
    await world.welcome();
    world.socket.say({ type: 'caught_up', lastMessageId: null });
    assert.equal(session.connection.kind, 'connected');
    world.socket.end(1008); // the node asked for a pause
    session.nodeIsBack();
    await world.settle();
    assert.equal(session.connection.kind, 'waiting');
    // An attempt that hangs does not hold it up.
    await world.pass(60_000);
    await world.take('chat-reconnect'); // no answer
    await world.pass(5_000);
    session.nodeIsBack();
    await world.handOff('chat-reconnect', 's', null);
  });

  it('says once what a closed tab left, whatever became of it there', async () => {
    const left = [
      { clientId: 'c-1', text: 'got through', at: 1, triedIn: 'other', after: id(3) },
      { clientId: 'c-2', text: 'did not', at: 2, triedIn: 'other', after: id(3) },
      { clientId: 'c-3', text: 'never went', at: 3, after: null },
    ];
    await connect(id(9));
    session.sender.takeOver(left);
    session.sender.takeOver(left); // once
    assert.deepEqual(world.socket.messages(), []);
    const poll = await world.take('chat-poll');
    assert.equal(poll.params.since, id(3));
    poll.answer(ok({
      messages: [{ id: id(5), sender: 'Ada', text: 'got through' }], hasMore: false, lastMessageId: id(5),
    }));
    await world.settle();
    for (const n of [10, 11]) {
      const { clientMessageId, text } = world.socket.messages().at(-1);
      world.socket.say(said(n, text, { sender: 'Ada', clientMessageId }));
    }
    assert.deepEqual(world.socket.messages().map(({ text }) => text), ['did not', 'never went']);
    assert.deepEqual(unsent(), []);
  });

  it('does not stick where the room never had what it waits for', async () => {
    await connect(id(3));
    say('maybe');
    world.socket.end(1006);
    await world.pass(2_000);
    (await world.take('chat-reconnect')).answer(no('VALIDATION_ERROR'));
    await world.pass(5_000);
    await world.handOff('chat-connect', 't');
    await world.welcome(null);
    (await world.take('chat-poll')).answer(no('VALIDATION_ERROR'));
    await world.settle();
    assert.deepEqual(world.socket.messages().map((frame) => frame.text), ['maybe']);
  });

  it('says why it cannot begin', async () => {
    session.start();
    (await world.take('chat-connect')).answer(no('ROOM_NOT_FOUND'));
    await world.settle();
    assert.equal(session.connection.kind, 'ended');
    assert.equal(session.connection.code, 'ROOM_NOT_FOUND');
    session.rejoin('Eve');
    assert.equal((await world.take('chat-connect')).params.nickname, 'Eve');
  });

  it('knows who is there and who writes', async () => {
    await connect();
    const { people } = session;
    world.socket.say({ type: 'user_joined', nickname: 'Bob', timestamp: 1 });
    world.socket.say({ type: 'user_joined', nickname: 'Bob', timestamp: 1 });
    world.socket.say({ type: 'user_left', nickname: 'Bob', timestamp: 1 });
    assert.deepEqual([people.list(), people.count], [[['Ada', 1], ['Bob', 1]], 2]);
    world.socket.say({ type: 'typing', nickname: 'Bob' });
    assert.deepEqual(people.typing, ['Bob']);
    await world.pass(6_000);
    assert.deepEqual(people.typing, []);
    session.typing();
    session.typing();
    assert.equal(world.socket.sent.filter((frame) => frame.type === 'typing').length, 1);
  });

  it('ignores what a connection says that it has left behind', async () => {
    await connect();
    const old = world.socket;
    const { onmessage } = old;
    old.end(1006);
    onmessage({ data: JSON.stringify(said(1, 'ghost')) });
    onmessage({ data: 'no JSON' });
    assert.deepEqual(texts(), []);
  });
});
