// Sessions that last: connections are lost, taken over, and cut off with the node, and nobody
// misses a message or sees one twice (contract, sections 3 to 5).

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ChatNode } from './lib/node.mjs';

// One session over any number of connections; what it saw, in order.
class Returning {
  seen = [];

  static async open(node, roomId, nickname) {
    const self = new Returning();
    self.socket = await node.openSocket(roomId, nickname);
    self.sessionId = self.socket.handoff.credentials.sessionId;
    return self;
  }

  get last() {
    return this.seen.at(-1);
  }

  // Takes what the present connection has got; a repeat or a step back is an error.
  collect() {
    for (const frame of this.socket.take())
      if (frame.type === 'message') {
        assert.ok(!this.last || frame.id > this.last, `${frame.id} after ${this.last}`);
        this.seen.push(frame.id);
      }
  }

  async comeBack(node) {
    this.collect();
    const data = await node.must('chat-reconnect', {
      sessionId: this.sessionId, ...(this.last && { lastMessageId: this.last }),
    });
    assert.equal(data.credentials.sessionId, this.sessionId);
    assert.equal(data.metadata.catchUp.fromMessageId, this.last ?? null);
    this.socket = node.socket(`${data.endpoint}?token=${data.credentials.token}`);
    assert.equal((await this.socket.next('welcome')).sessionId, this.sessionId);
    return this.socket;
  }
}

describe('sessions', { timeout: 200_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  it('miss nothing and repeat nothing while the room is busy', async () => {
    const ada = await Returning.open(node, 'general', 'Ada');
    const bob = await node.openSocket('general', 'Bob');
    const sent = [];
    let talking = true;
    const talk = (async () => {
      for (let i = 0; talking; ++i) {
        bob.say(`message ${i}`);
        sent.push((await bob.next((f) => f.type === 'message' && f.text === `message ${i}`)).id);
      }
    })();
    for (let round = 0; round < 5; ++round) {
      while (sent.length < 50 * (round + 1)) await bob.ping();
      ada.socket.ws.terminate();
      await ada.socket.closed();
      while (sent.length < 50 * (round + 1) + 25) await bob.ping();
      const socket = await ada.comeBack(node);
      const { lastMessageId } = await socket.next('caught_up');
      assert.ok(lastMessageId > ada.last, 'something was missed');
    }
    talking = false;
    await talk;
    await ada.socket.ping();
    ada.collect();
    assert.deepEqual(ada.seen, sent);
    const refused = await node.call('chat-reconnect', { sessionId: ada.sessionId });
    assert.equal(refused.error.code, 'MAX_RECONNECTS');
  });

  it('have one connection: a newer one closes the older with 4004', async () => {
    const ada = await Returning.open(node, 'random', 'Ada');
    const bob = await node.openSocket('random', 'Bob');
    const older = ada.socket;
    const newer = await ada.comeBack(node);
    assert.equal((await older.closed()).code, 4004);
    newer.say('still here');
    await bob.nextMessage('still here');
    assert.deepEqual(bob.frames.map((f) => f.type), ['welcome', 'message']);
  });

  it('tell after an end why, and what to do', async () => {
    const ada = await Returning.open(node, 'help', 'Ada');
    ada.socket.sendText(Buffer.from('binary'));
    assert.equal((await ada.socket.closed()).code, 1003);
    const status = await node.call('chat-status', { sessionId: ada.sessionId });
    assert.equal(status.data.state, 'disconnected');
    assert.equal(status.data.endedBy, 'error');
    assert.match(status.data.endedAt, /^\d{4}-.*Z$/);
    assert.match(status._agentHints.nextAction, /chat-reconnect/);
  });
});

describe('a node that is killed', { timeout: 200_000 }, () => {
  const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-e2e-'));
  after(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }));

  it('knows its sessions and tokens when it is back', async () => {
    let node = await ChatNode.start({ data });
    const ada = await Returning.open(node, 'general', 'Ada');
    const pending = await node.handoff('general', 'Pat');
    const used = ada.socket.handoff.credentials.token;
    ada.socket.say('one');
    await ada.socket.nextMessage('one');
    ada.socket.say('two');
    const two = await ada.socket.nextMessage('two');
    assert.equal(statSync(path.join(data, 'token-secret')).mode & 0o777, 0o600);
    ada.seen.push(two.id);
    await node.kill();

    node = await ChatNode.start({ data });
    const status = await node.must('chat-status', { sessionId: ada.sessionId });
    assert.equal(status.state, 'disconnected');
    assert.equal(status.endedBy, 'restart');
    assert.equal((await node.socket(`/rooms/general?token=${used}`).closed()).code, 4001);
    const { token } = pending.credentials;
    const pat = node.socket(`/rooms/general?token=${token}`);
    await pat.next('welcome');
    pat.say('three');
    await pat.nextMessage('three');
    const socket = await ada.comeBack(node);
    assert.equal((await socket.next('message')).text, 'three');
    await socket.next('caught_up');
    pat.say('four');
    assert.equal((await socket.next('message')).text, 'four');
    await node.kill();

    // Ended by a stop, not by a kill.
    node = await ChatNode.start({ data });
    ada.seen.push((await node.pollAll('general')).at(-1).id);
    await ada.comeBack(node);
    await ada.socket.next('caught_up');
    const closed = ada.socket.closed();
    await node.stop();
    assert.equal((await closed).code, 1001);
    node = await ChatNode.start({ data });
    const last = await node.must('chat-status', { sessionId: ada.sessionId });
    assert.equal(last.endedBy, 'drain');
    await node.stop();
  });

  it('refuses a secret that others may read', async () => {
    const { chmodSync } = await import('node:fs');
    chmodSync(path.join(data, 'token-secret'), 0o644);
    await assert.rejects(ChatNode.start({ data }), /open to others/);
  });
});
