// Who gets in, who does not, and with which close code (contract, section 4).

import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectHandoff } from './lib/afd.mjs';
import { assertError, ChatNode } from './lib/node.mjs';

describe('tokens', { timeout: 120_000 }, () => {
  let node;
  let silent;
  before(async () => {
    node = await ChatNode.start();
    silent = node.socket('/rooms/general'); // looked at by the last test
    silent.since = Date.now();
  });
  after(() => node.stop());

  const connect = (handoff, target) =>
    node.socket(target ?? `${handoff.endpoint}?token=${handoff.credentials.token}`);

  async function assertRefused(socket, code, reason) {
    const end = await socket.closed();
    assert.equal(end.code, code, `${end.code} ${end.reason}`);
    if (reason) assert.equal(end.reason, reason);
    assert.deepEqual(socket.frames, [], 'a refused socket was told something');
  }

  it('are good once', async () => {
    const handoff = await node.handoff('general', 'Once');
    const first = connect(handoff);
    await first.next('welcome');
    await assertRefused(connect(handoff), 4001, 'Invalid token');
    await assertRefused(connectHandoff(node, handoff), 4001, 'Invalid token');
    await first.ping(); // the first one stays
    await first.close();
    await assertRefused(connect(handoff), 4001, 'Invalid token');
  });

  it('are good once, even when two come at the same time', async () => {
    for (let round = 0; round < 10; ++round) {
      const handoff = await node.handoff('general', `Race ${round}`);
      const sockets = Array.from({ length: 5 }, () => connect(handoff));
      const ends = await Promise.all(sockets.map((socket) => Promise.race([
        socket.next('welcome').then(() => 'in', () => socket.closed()),
        socket.closed(),
      ])));
      assert.deepEqual(ends.filter((end) => end === 'in').length, 1, JSON.stringify(ends));
      for (const end of ends) if (end !== 'in') assert.equal(end.code, 4001);
      await sockets[ends.indexOf('in')].close();
    }
  });

  it('are good for their room only', async () => {
    const handoff = await node.handoff('general', 'Lost');
    const { token } = handoff.credentials;
    await assertRefused(node.socket(`/rooms/random?token=${token}`), 4003, 'Session mismatch');
    await assertRefused(node.socket(`/rooms/nowhere?token=${token}`), 4003, 'Session mismatch');
    const other = { endpoint: `ws://${node.host}/rooms/random`, credentials: handoff.credentials };
    await assertRefused(connectHandoff(node, other), 4003, 'Session mismatch');
  });

  it('are not to be guessed', async () => {
    const { credentials: { token, sessionId } } = await node.handoff('general', 'Secret');
    const last = token.at(-1) === 'A' ? 'B' : 'A';
    const guesses = [
      'garbage', sessionId, `${sessionId}.`, token.slice(0, -1), `${token}A`, token.slice(0, -1) + last,
      token.toUpperCase(), `%00${token}`, `${token}%00`, `%20${token}`, '%F0%28%8C%28', 'null', 'undefined',
      'x'.repeat(5000), '..%2F..%2Fetc%2Fpasswd', '%7B%22%24gt%22%3A%22%22%7D',
    ];
    for (const guess of guesses)
      await assertRefused(node.socket(`/rooms/general?token=${guess}`), 4001, 'Invalid token');
    const socket = node.socket(`/rooms/general?token=${token}`); // the guesses did not spoil it
    await socket.next('welcome');
  });

  it('must not be empty', async () => {
    await assertRefused(node.socket('/rooms/general?token='), 4001, 'Missing token');
    await assertRefused(node.socket('/rooms/general?token'), 4001, 'Missing token');
  });

  const notAuth = {
    'a message': '{"type":"message","text":"let me in"}', 'a ping': '{"type":"ping"}',
    'no JSON': 'hello', 'an auth without token': '{"type":"auth"}',
    'an auth with a number': '{"type":"auth","token":5}',
    'an auth with an empty token': '{"type":"auth","token":""}',
    'an auth with garbage': '{"type":"auth","token":"garbage"}',
  };
  for (const [what, text] of Object.entries(notAuth))
    it(`cannot be replaced by ${what}`, async () => {
      const socket = node.socket('/rooms/general');
      await socket.opened();
      socket.sendText(text);
      await assertRefused(socket, 4001);
    });

  it('may come after headers', async () => {
    const handoff = await node.handoff('general', 'Headers first');
    const socket = node.socket(handoff.endpoint);
    await socket.opened();
    socket.send({ type: 'auth_headers', headers: { Authorization: 'Bearer x' } });
    socket.send({ type: 'auth', token: handoff.credentials.token });
    await socket.next('welcome');
  });

  it('in the URL make a later auth of no account', async () => {
    const socket = await node.openSocket('general', 'Both');
    socket.send({ type: 'auth', token: 'garbage' });
    socket.send({ type: 'auth_headers', headers: {} });
    await socket.ping();
    socket.say('still here');
    await socket.nextMessage('still here');
    assert.equal(socket.frames.some((frame) => frame.type === 'error'), false);
  });

  it('work at /ws/{id} as well, and beside other parameters', async () => {
    const one = await node.handoff('general', 'Other path');
    const socket = node.socket(`/ws/general?token=${one.credentials.token}`);
    assert.equal((await socket.next('welcome')).roomId, 'general');
    const two = await node.handoff('general', 'Parameters');
    const { token } = two.credentials;
    const other = node.socket(`/rooms/general?v=1&a=%20b&token=${token}&token=second&z`);
    await other.next('welcome');
  });

  for (const path of ['/foo', '/rooms/', '/rooms', '/', '/ws/', '/ws', '/rooms/general//', '/rooms/a/b',
    '/rooms/%2e%2e', '/rooms/general%00', '/rooms/sch%C3%B6n', `/rooms/${'x'.repeat(65)}`,
    '/rpc', '/health', '//rooms/general', '/ROOMS/general'])
    it(`lead nowhere at ${path.slice(0, 30)}`, async () => {
      const { credentials: { token } } = await node.handoff('general', 'Lost');
      const socket = node.socket(`${path}?token=${token}`);
      await socket.opened();
      await assertRefused(socket, 4000);
    });

  it('end with their session', async () => {
    const socket = await node.openSocket('general', 'Leaver');
    const witness = await node.openSocket('general', 'Witness');
    const { sessionId } = socket.handoff.credentials;
    await node.must('chat-disconnect', { sessionId, reason: 'enough' });
    assert.deepEqual(await socket.closed(), { code: 4006, reason: 'Session ended' });
    assert.equal((await witness.next('user_left')).nickname, 'Leaver');
    await assertRefused(connect(socket.handoff), 4006);
    const send = await node.call('chat-send', { roomId: 'general', text: 'x', sessionId });
    assert.equal(send.success, false);
    assertError(send.error);

    const early = await node.handoff('general', 'Never came');
    await node.must('chat-disconnect', { sessionId: early.credentials.sessionId });
    await assertRefused(connect(early), 4006);
  });

  it('get nobody into a full room', async () => {
    await node.must('chat-room-create', { roomId: 'cell', maxParticipants: 1 });
    const [one, two] = [await node.handoff('cell', 'One'), await node.handoff('cell', 'Two')];
    const first = connect(one);
    await first.next('welcome');
    await assertRefused(connect(two), 4005, 'Room is full');
    await assertRefused(connectHandoff(node, two), 4005, 'Room is full');
    const refused = await node.call('chat-connect', { roomId: 'cell', nickname: 'Three' });
    assertError(refused.error, 'ROOM_FULL');
    assert.equal(refused.error.message, 'Room is at capacity');
    assert.equal(refused.error.suggestion, 'Try again later or join a different room');
    assert.equal(refused.error.retryable, true);
    const { rooms } = await node.must('chat-rooms', { search: 'cell' });
    assert.deepEqual([rooms[0].participants, rooms[0].available], [1, false]);
    await first.ping();

    const { sessionId } = one.credentials;
    await node.must('chat-disconnect', { sessionId });
    await first.closed();
    const next = await node.openSocket('cell', 'Next'); // there is a place again
    await next.close();
  });

  it('get no more than fit into a room at the same time', async () => {
    await node.must('chat-room-create', { roomId: 'lift', maxParticipants: 4 });
    const handoffs = await Promise.all(Array.from({ length: 12 }, (_, i) =>
      node.handoff('lift', `Rider ${i}`)));
    const sockets = handoffs.map((handoff) => connect(handoff));
    const ends = await Promise.all(sockets.map((socket) => Promise.race([
      socket.next('welcome').then(() => 'in', () => socket.closed()),
      socket.closed(),
    ])));
    assert.equal(ends.filter((end) => end === 'in').length, 4);
    for (const end of ends) if (end !== 'in') assert.equal(end.code, 4005);
  });

  // --- Frames that end a connection --------------------------------------------------------------

  const json = (bytes) => {
    const empty = '{"type":"ping","x":""}';
    return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
  };
  const fatal = {
    'a binary frame': [1003, (ws) => ws.send(Buffer.from('{"type":"ping"}'), { binary: true })],
    'an empty binary frame': [1003, (ws) => ws.send(Buffer.alloc(0), { binary: true })],
    'invalid UTF-8': [1007, (ws) => ws.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false })],
    'a surrogate in UTF-8': [1007,
      (ws) => ws.send(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), { binary: false })],
    'an overlong NUL': [1007, (ws) => ws.send(Buffer.from([0x22, 0xc0, 0x80, 0x22]), { binary: false })],
    'a cut character': [1007, (ws) => ws.send(Buffer.from([0x22, 0xe2, 0x82]), { binary: false })],
    'a message over 64 KiB': [1009, (ws) => ws.send(json(64 * 1024 + 1))],
    'a message of 10 MiB': [1009, (ws) => ws.send(json(10 * 1024 * 1024))],
    'fragments over 64 KiB': [1009, (ws) => {
      for (let i = 0; i < 20; ++i) ws.send('x'.repeat(8192), { fin: i === 19 });
    }],
    'an unmasked frame': [1002, (ws) => ws.send('{"type":"ping"}', { mask: false })],
    'a header that promises 8 EiB': [1009,
      (ws) => ws._socket.write(Buffer.from('81ff7fffffffffffffff00000000', 'hex'))],
    'an unknown opcode': [1002, (ws) => ws._socket.write(Buffer.from('838000000000', 'hex'))],
    'a reserved bit': [1002, (ws) => ws._socket.write(Buffer.from('c18000000000', 'hex'))],
    'a continuation of nothing': [1002, (ws) => ws._socket.write(Buffer.from('808000000000', 'hex'))],
    'a fragmented ping': [1002, (ws) => ws._socket.write(Buffer.from('098000000000', 'hex'))],
  };
  for (const [what, [code, send]] of Object.entries(fatal))
    it(`do not excuse ${what}: ${code}`, async () => {
      const witness = await node.openSocket('help', 'Witness');
      const socket = await node.openSocket('help', 'Culprit');
      send(socket.ws);
      assert.equal((await socket.closed()).code, code);
      assert.equal((await witness.next('user_left')).nickname, 'Culprit');
      await witness.ping();
      await witness.close();
    });

  it('do not excuse a binary frame before auth', async () => {
    const socket = node.socket('/rooms/general');
    await socket.opened();
    socket.ws.send(Buffer.from('x'), { binary: true });
    await assertRefused(socket, 1003);
  });

  it('allow messages of 64 KiB, fragments and pings between them', async () => {
    const socket = await node.openSocket('help', 'Verbose');
    socket.sendText(json(64 * 1024));
    await socket.next('pong');
    const ponged = new Promise((resolve) => socket.ws.once('pong', resolve));
    socket.ws.send('{"type":"mess', { fin: false });
    socket.ws.ping('between');
    socket.ws.send('age","text":"in', { fin: false });
    socket.ws.send('', { fin: false });
    socket.ws.send(' parts"}', { fin: true });
    assert.equal((await ponged).toString(), 'between');
    await socket.nextMessage('in parts');
    await socket.close();
  });

  it('leave a socket that vanishes to its room as left', async () => {
    const witness = await node.openSocket('help', 'Witness');
    const socket = await node.openSocket('help', 'Vanisher');
    socket.ws._socket.resetAndDestroy?.() ?? socket.terminate();
    assert.equal((await witness.next('user_left')).nickname, 'Vanisher');
    await witness.close();
  });

  // --- The upgrade itself ------------------------------------------------------------------------

  const upgrade = {
    Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const upgrades = {
    'of a foreign page': [403, { Origin: 'https://evil.example' }],
    'of a page without origin': [403, { Origin: 'null' }],
    'of a page of another scheme': [403, { Origin: 'file:///etc/passwd' }],
    'of a page that looks like ours': [403, { Origin: 'http://localhost.evil.example' }],
    'under a foreign name': [403, { Host: 'evil.example:3100' }],
    'of an old version': [426, { 'Sec-WebSocket-Version': '8' }],
    'without a key': [400, { 'Sec-WebSocket-Key': '' }],
    'with a short key': [400, { 'Sec-WebSocket-Key': 'c2hvcnQ=' }],
  };
  for (const [what, [status, headers]] of Object.entries(upgrades))
    it(`do not help an upgrade ${what}: ${status}`, async () => {
      const { credentials: { token } } = await node.handoff('general', 'Guest');
      const answer = await node.request({
        path: `/rooms/general?token=${token}`, headers: { ...upgrade, ...headers },
      });
      assert.equal(answer.status, status, answer.text);
      assertError(answer.json?.error);
      const socket = node.socket(`/rooms/general?token=${token}`); // it was not redeemed
      await socket.next('welcome');
    });

  for (const origin of ['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]'])
    it(`work for pages of ${origin}`, async () => {
      const { endpoint, credentials } = await node.handoff('general', 'Page');
      const socket = node.socket(`${endpoint}?token=${credentials.token}`, { origin });
      await socket.next('welcome');
    });

  it('are never written to the log', async () => {
    const audit = path.join(os.tmpdir(), `chatd-audit-${process.pid}.log`);
    const noisy = await ChatNode.start({ args: ['--log-level', 'debug', '--audit-log', audit] });
    const socket = await noisy.openSocket('general', 'Private');
    const { token } = socket.handoff.credentials;
    const again = noisy.socket(`/rooms/general?token=${token}`);
    assert.equal((await again.closed()).code, 4001);
    const wrong = noisy.socket(`/foo?token=${token}`);
    assert.equal((await wrong.closed()).code, 4000);
    await noisy.request({ path: `/nothing?token=${token}` });
    await noisy.stop();
    assert.ok(noisy.stderr.length > 0);
    assert.equal(noisy.stderr.includes(token.split('.').at(-1)), false);
    const lines = readFileSync(audit, 'utf8');
    assert.equal(statSync(audit).mode & 0o777, 0o600);
    rmSync(audit);
    assert.equal(lines.includes(token.split('.').at(-1)), false);
    const entries = lines.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(entries.map((e) => e.event), ['handoff', 'connect', 'refused', 'refused', 'disconnect']);
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    assert.deepEqual(entries.slice(0, 3).map((e) => e.token), [jti, jti, jti]);
    assert.equal(entries[1].address, '127.0.0.1');
    assert.equal(entries[2].reason, 'Invalid token');
    assert.match(entries[3].reason, /^Bad path/);
    assert.equal(entries[4].reason, 'drain');
  });

  it('are waited for ten seconds', async () => {
    assert.equal((await silent.closed()).code, 4001);
    const waited = Date.now() - silent.since;
    assert.ok(waited > 8_000 && waited < 25_000, `closed after ${waited} ms`);
  });
});
