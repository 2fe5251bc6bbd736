// People in one room: the seed's browser client, the public library's handoff client, and agents.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectHandoff } from './lib/afd.mjs';
import { assertError, ChatNode } from './lib/node.mjs';

describe('a conversation', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  let rooms = 0;
  async function newRoom(maxParticipants = 10) {
    const roomId = `room-${++rooms}`;
    await node.must('chat-room-create', { roomId, maxParticipants });
    return roomId;
  }

  function assertNow(timestamp) {
    assert.ok(Number.isInteger(timestamp), `${timestamp} is not in whole milliseconds`);
    assert.ok(Math.abs(Date.now() - timestamp) < 60_000, `${timestamp} is not now`);
  }

  it('between two browsers of the seed', async () => {
    const roomId = await newRoom();
    // The seed's ChatRoom component: call, connect with the token in the URL, keep the messages.
    async function browser(nickname) {
      const result = await node.call('chat-connect', { roomId, nickname });
      assert.ok(result.success, JSON.stringify(result.error));
      const socket = node.socket(`${result.data.endpoint}?token=${result.data.credentials.token}`);
      await socket.opened();
      return { socket, sessionId: result.data.credentials.sessionId };
    }

    const { socket: ada, sessionId: adaId } = await browser('Ada');
    assert.deepEqual(await ada.next('welcome'), {
      type: 'welcome', roomId, sessionId: adaId, participants: ['Ada'], participantCount: 1,
      lastMessageId: null,
    });
    ada.send({ type: 'message', text: 'anyone here?' });
    const first = await ada.next('message');
    assert.deepEqual(Object.keys(first).sort(), ['id', 'sender', 'text', 'timestamp', 'type']);
    assert.deepEqual([first.sender, first.text], ['Ada', 'anyone here?']);
    assertNow(first.timestamp);

    const { socket: bob, sessionId: bobId } = await browser('Bob');
    const welcome = await bob.next('welcome');
    assert.deepEqual({ ...welcome, participants: [...welcome.participants].sort() }, {
      type: 'welcome', roomId, sessionId: bobId, participants: ['Ada', 'Bob'],
      participantCount: 2, lastMessageId: first.id,
    });
    const joined = await ada.next('user_joined');
    assert.deepEqual({ ...joined, timestamp: 0 },
      { type: 'user_joined', nickname: 'Bob', timestamp: 0 });
    assertNow(joined.timestamp);

    bob.send({ type: 'typing' });
    assert.deepEqual(await ada.next('typing'), { type: 'typing', nickname: 'Bob' });
    bob.send({ type: 'message', text: 'me' });
    const second = await ada.nextMessage('me');
    assert.deepEqual(await bob.nextMessage('me'), second, 'the sender sees the same');
    assert.ok(second.id > first.id, 'ids do not sort as strings');

    ada.send({ type: 'reaction', messageId: second.id, emoji: '👍🏽' });
    const reaction = await bob.next('reaction');
    assert.deepEqual({ ...reaction, timestamp: 0 },
      { type: 'reaction', messageId: second.id, emoji: '👍🏽', nickname: 'Ada', timestamp: 0 });
    assertNow(reaction.timestamp);
    assert.deepEqual(await ada.next('reaction'), reaction, 'a reaction goes to all');
    await ada.ping();

    await bob.close();
    const left = await ada.next('user_left');
    assert.deepEqual({ ...left, timestamp: 0 },
      { type: 'user_left', nickname: 'Bob', timestamp: 0 });
    assertNow(left.timestamp);

    // Nothing else came: no own typing, no own user_joined, no pong of somebody else.
    ada.say('the end');
    await ada.nextMessage('the end');
    assert.deepEqual(ada.frames.map((frame) => frame.type), ['welcome', 'message', 'user_joined',
      'typing', 'message', 'reaction', 'pong', 'user_left', 'message']);
    assert.deepEqual(bob.frames.map((frame) => frame.type), ['welcome', 'message', 'reaction']);
    const status = await node.must('chat-status', { sessionId: bobId });
    assert.equal(status.state, 'disconnected');
    await ada.close();
  });

  for (const cork of [false, true])
    it(`with connectHandoff, which speaks before it is answered (${
      cork ? 'one packet' : 'many packets'})`, async () => {
      const roomId = await newRoom();
      const witness = await node.openSocket(roomId, 'Witness');
      const texts = Array.from({ length: 100 }, (_, i) => `early ${i}`);
      const handoff = await node.handoff(roomId, 'Early');
      const socket = connectHandoff(node, handoff, {
        cork,
        onOpen: (early) => {
          early.send({ type: 'typing' });
          for (const text of texts) early.say(text, `id ${text}`);
          early.send({ type: 'ping' });
        },
      });
      assert.deepEqual((await socket.next('welcome')).sessionId, handoff.credentials.sessionId);
      await socket.nextMessage(texts.at(-1));
      await witness.nextMessage(texts.at(-1));
      assert.deepEqual(socket.messages().map((m) => m.text), texts);
      assert.deepEqual(witness.messages().map((m) => m.text), texts);
      assert.deepEqual(witness.frames.slice(0, 3).map((frame) => frame.type),
        ['welcome', 'user_joined', 'typing']);
      await socket.next('pong');
      assert.deepEqual(socket.frames.filter((frame) => frame.type === 'error'), []);
      // A second auth is ignored.
      socket.send({ type: 'auth', token: 'whatever' });
      await socket.ping();
    });

  it('gives the clientMessageId to its sender only, and stores a retry once', async () => {
    const roomId = await newRoom();
    const [ada, bob] = [await node.openSocket(roomId, 'Ada'), await node.openSocket(roomId, 'Bob')];
    ada.say('once', 'my-1');
    const { clientMessageId, ...own } = await ada.nextMessage('once');
    assert.equal(clientMessageId, 'my-1');
    assert.deepEqual(await bob.nextMessage('once'), own);

    ada.say('once', 'my-1'); // the answer was lost, says the client
    assert.deepEqual(await ada.nextMessage('once'), { ...own, clientMessageId });
    ada.say('twice at once', 'my-2'); // both before any answer
    ada.say('twice at once', 'my-2');
    const twin = await ada.nextMessage('twice at once');
    bob.say('once', 'my-1'); // another sender's id is another id
    await ada.nextMessage('once');
    await bob.nextMessage('once');

    const sent = await node.must('chat-send', { roomId, text: 'by agent', clientMessageId: 'a-1' });
    const again = await node.must('chat-send',
      { roomId, text: 'by agent', clientMessageId: 'a-1' });
    assert.deepEqual(again, sent);
    await bob.nextMessage('by agent');
    ada.say('the end');
    await bob.nextMessage('the end');
    assert.deepEqual(bob.messages().map((m) => m.text),
      ['once', 'twice at once', 'once', 'by agent', 'the end']);
    const stored = await node.pollAll(roomId);
    assert.deepEqual(stored.map((m) => m.id), bob.messages().map((m) => m.id));
    assert.equal(stored[1].id, twin.id);
    for (const message of stored) assert.equal('clientMessageId' in message, false);
  });

  it('looks the same to sockets, chat-send and chat-poll', async () => {
    const roomId = await newRoom();
    const [ada, bob] = [await node.openSocket(roomId, 'Ada'), await node.openSocket(roomId, 'Bob')];
    for (let i = 0; i < 10; ++i) {
      ada.say(`ada ${i}`);
      bob.say(`bob ${i}`);
      const { messageId } = await node.must('chat-send', { roomId, text: `agent ${i}` });
      assert.equal((await ada.nextMessage(`agent ${i}`)).id, messageId);
    }
    const { messageId } = await node.must('chat-send',
      { roomId, text: 'as Bob', sessionId: bob.handoff.credentials.sessionId });
    ada.say('last');
    await ada.nextMessage('last');
    await bob.nextMessage('last');
    assert.equal(ada.messages().length, 32);
    assert.deepEqual(bob.messages(), ada.messages());
    assert.equal(ada.messages().find((m) => m.id === messageId).sender, 'Bob');
    const asPolled = ada.messages().map(({ id, sender, text, timestamp }) =>
      ({ id, sender, text, timestamp: new Date(timestamp).toISOString() }));
    for (const limit of [100, 50, 7, 1])
      assert.deepEqual(await node.pollAll(roomId, limit), asPolled, `pages of ${limit}`);
  });

  const nicknames = {
    'an emoji': '🦊', 'quotes': `"Bobby"; '\\ DROP`, 'a family': '👩‍👩‍👧‍👦', 'HTML': '<b>&amp;</b>',
    'right to left': 'مرحبا', 'fifty units': '🙂'.repeat(25), 'a key of JavaScript': '__proto__',
  };
  for (const [what, nickname] of Object.entries(nicknames))
    it(`with ${what} as nickname`, async () => {
      const roomId = await newRoom();
      const ada = await node.openSocket(roomId, 'Ada');
      const other = await node.openSocket(roomId, nickname);
      assert.equal((await ada.next('user_joined')).nickname, nickname);
      assert.ok(other.welcome.participants.includes(nickname));
      other.say('hello');
      assert.equal((await ada.nextMessage('hello')).sender, nickname);
      assert.equal((await node.pollAll(roomId))[0].sender, nickname);
      const { sessionId } = other.handoff.credentials;
      assert.equal((await node.must('chat-status', { sessionId })).nickname, nickname);
      await other.close();
      assert.equal((await ada.next('user_left')).nickname, nickname);
      await ada.close();
    });

  const texts = {
    'one character': 'x', '2000 characters': 'a'.repeat(2000), '2000 units of emoji': '🎉'.repeat(1000),
    '2000 units in three bytes each': '€'.repeat(2000), 'line breaks': '\r\n\n\t ', 'a NUL': 'a\0b',
    'quotes and backslashes': '"\\"\\\\u0041\\', 'HTML': '<script>alert(1)</script>',
    'all control characters': Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join(''),
    'what JSON may not break on': '\u2028\u2029\ufeff\ufffe\uffff', 'a JSON text': '{"type":"ping"}',
    'a direction override': '\u202eabc', 'spaces only': '   ',
    'combining marks': 'Z\u0351\u036b\u0343\u036a\u0302',
  };
  it('carries any text unchanged', async (t) => {
    const roomId = await newRoom();
    const [ada, bob] = [await node.openSocket(roomId, 'Ada'), await node.openSocket(roomId, 'Bob')];
    for (const [what, text] of Object.entries(texts))
      await t.test(what, async () => {
        ada.say(text);
        assert.equal((await bob.next('message')).text, text);
        await node.must('chat-send', { roomId, text });
        assert.equal((await bob.next('message')).text, text);
      });
    const expected = Object.values(texts).flatMap((text) => [text, text]);
    assert.deepEqual((await node.pollAll(roomId)).map((m) => m.text), expected);
  });

  // Each is refused with an error frame, the connection stays open, nobody else notices.
  const message = (fields) => JSON.stringify({ type: 'message', ...fields });
  const deep = (depth) => `{"type":"typing","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const refused = [
    ['no JSON', 'hello', 'Invalid message format'],
    ['nothing', '', 'Invalid message format'],
    ['a cut object', '{"type":"message","text":"x"', 'Invalid message format'],
    ['two objects', '{"type":"ping"}{"type":"ping"}', 'Invalid message format'],
    ['single quotes', "{'type':'ping'}", 'Invalid message format'],
    ['a trailing comma', '{"type":"ping",}', 'Invalid message format'],
    ['a comment', '{"type":"ping"/**/}', 'Invalid message format'],
    ['NaN', '{"type":"ping","x":NaN}', 'Invalid message format'],
    ['a raw line break in a string', '{"type":"message","text":"a\nb"}', 'Invalid message format'],
    ['a raw NUL', '{"type":"ping"}\0', 'Invalid message format'],
    ['a bad escape', '{"type":"message","text":"\\x41"}', 'Invalid message format'],
    ['a bomb of brackets', '['.repeat(60_000), 'Invalid message format'],
    ['a closed bomb', deep(20_000), 'Invalid message format'],
    ['null', 'null', 'Invalid message format'],
    ['an array', '[]', 'Invalid message format'],
    ['a string', '"ping"', 'Invalid message format'],
    ['a number', '1', 'Invalid message format'],
    ['no type', '{}', 'Invalid message format'],
    ['a number as type', '{"type":1}', 'Invalid message format'],
    ['an object as type', '{"type":{"type":"ping"}}', 'Invalid message format'],
    ['an unknown type', '{"type":"shout"}'],
    ['a type of Node to client', '{"type":"welcome"}'],
    ['a key of JavaScript as type', '{"type":"__proto__"}'],
    ['a type in capitals', '{"type":"PING"}'],
    ['no text', message({})],
    ['null as text', message({ text: null })],
    ['a number as text', message({ text: 5 })],
    ['an array as text', message({ text: ['x'] })],
    ['an empty text', message({ text: '' })],
    ['2001 characters', message({ text: 'a'.repeat(2001) })],
    ['2002 units of emoji', message({ text: '🎉'.repeat(1001) })],
    ['a lone high surrogate', '{"type":"message","text":"\\ud83d"}'],
    ['a lone low surrogate', '{"type":"message","text":"\\udca9"}'],
    ['surrogates in the wrong order', '{"type":"message","text":"\\udca9\\ud83d"}'],
    ['a number as clientMessageId', message({ text: 'x', clientMessageId: 7 })],
    ['an empty clientMessageId', message({ text: 'x', clientMessageId: '' })],
    ['an endless clientMessageId', message({ text: 'x', clientMessageId: 'i'.repeat(10_000) })],
    ['a reaction to nothing', '{"type":"reaction","emoji":"x"}'],
    ['a reaction to an unknown message',
      '{"type":"reaction","messageId":"m9999999999999999","emoji":"x"}'],
    ['a reaction to no id', '{"type":"reaction","messageId":"first","emoji":"x"}'],
    ['a reaction without emoji', '{"type":"reaction","messageId":"m0000000000000001"}'],
    ['a reaction with an essay',
      JSON.stringify({ type: 'reaction', messageId: 'm0000000000000001', emoji: 'x'.repeat(999) })],
  ];
  it('refuses what it cannot understand, and goes on', async (t) => {
    const roomId = await newRoom();
    const [ada, bob] = [await node.openSocket(roomId, 'Ada'), await node.openSocket(roomId, 'Bob')];
    ada.say('first');
    await ada.nextMessage('first');
    for (const [what, text, words] of refused)
      await t.test(what, async () => {
        ada.take();
        ada.sendText(text);
        const frame = await ada.next(() => true);
        assert.equal(frame.type, 'error', JSON.stringify(frame));
        assertError(frame);
        if (words) assert.equal(frame.message, words);
        else assert.notEqual(frame.message, 'Invalid message format');
        await ada.ping();
      });
    assert.equal(ada.isOpen, true);
    ada.say('last');
    await bob.nextMessage('last');
    assert.deepEqual(bob.frames.map((frame) => frame.type), ['welcome', 'message', 'message']);
    assert.deepEqual((await node.pollAll(roomId)).map((m) => m.text), ['first', 'last']);
  });

  it('ignores fields it does not know, and takes the first of two', async () => {
    const roomId = await newRoom();
    const ada = await node.openSocket(roomId, 'Ada');
    ada.sendText('{"sender":"Eve","id":"x","__proto__":{"a":1},"type":"message","text":"one","text":"two"}');
    const frame = await ada.next('message');
    assert.equal(frame.sender, 'Ada');
    assert.ok(['one', 'two'].includes(frame.text));
    assert.deepEqual(Object.keys(frame).sort(), ['id', 'sender', 'text', 'timestamp', 'type']);
    assert.equal((await node.pollAll(roomId))[0].text, frame.text);
  });

  it('keeps rooms apart', async () => {
    const [one, two] = [await newRoom(), await newRoom()];
    const [ada, bob] = [await node.openSocket(one, 'Ada'), await node.openSocket(two, 'Bob')];
    ada.say('only here');
    await ada.nextMessage('only here');
    bob.say('and only here');
    await bob.nextMessage('and only here');
    assert.deepEqual(bob.frames.map((frame) => frame.type), ['welcome', 'message']);
    assert.deepEqual((await node.pollAll(two)).map((m) => m.text), ['and only here']);
    // An id of another room names nothing here, nor does a message's id from the future.
    const result = await node.call('chat-send',
      { roomId: one, text: 'x', sessionId: bob.handoff.credentials.sessionId });
    assertError(result.error, 'FORBIDDEN');
  });
});

describe('a node that stops', { timeout: 120_000 }, () => {
  it('says 1001 to everybody and ends well', async () => {
    const node = await ChatNode.start();
    const sockets = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) =>
      node.openSocket('general', name)));
    const gone = Promise.all(sockets.map((socket) => socket.closed()));
    const silent = node.socket('/rooms/general'); // has not shown a token yet
    await silent.opened();
    const [, ends, end] = await Promise.all([node.stop(), gone, silent.closed()]);
    assert.deepEqual(ends.map(({ code }) => code), [1001, 1001, 1001]);
    assert.equal(end.code, 1001);
  });
});
