// The chat page when the network or the node goes away: it comes back by itself, misses nothing, and
// what was written meanwhile is said once.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { ChatNode } from './lib/node.mjs';
import { until } from './lib/wait.mjs';
import { Wire } from './lib/wire.mjs';

describe('the chat page', { timeout: 240_000 }, () => {
  let browser;
  let node;
  const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-web-'));
  before(async () => {
    [node, browser] = await Promise.all([ChatNode.start({ data }), Browser.start()]);
  });
  after(async () => {
    await browser?.stop();
    await node.stop();
    rmSync(data, { recursive: true, force: true });
  });
  const room = async (roomId) => {
    await node.must('chat-room-create', { roomId });
    return roomId;
  };
  /** A visitor at the end of a wire of their own. */
  const wired = async (roomId, nickname) => {
    const wire = await Wire.to(node.port);
    const visitor = (await browser.visitor(wire.url)).mayLoseNetwork();
    await visitor.join(roomId, nickname);
    return [visitor, wire];
  };
  const tryNow = (visitor) => visitor.page.getByRole('button', { name: 'Try now' }).click();
  /** The page has what the node has: everything, once, in order. */
  const isWhole = async (visitor, roomId) => {
    const stored = (await node.pollAll(roomId)).map(({ id, text }) => ({ id, text }));
    await until(async () => (await visitor.rows()).length >= stored.length, 'all rows');
    assert.deepEqual(await visitor.rows(), stored);
    return stored.map(({ text }) => text);
  };

  it('loses its network, and catches up', async () => {
    const attic = await room('attic');
    const [ada, wire] = await wired(attic, 'Ada');
    const bob = await node.openSocket(attic, 'Bob');
    await ada.say('before');
    await ada.sees('before');
    await wire.cut();
    await ada.state('waiting');
    await ada.page.getByText(/Next try in \d+ s/).waitFor();
    for (let i = 0; i < 30; ++i) bob.say(`meanwhile ${i}`);
    await bob.nextMessage('meanwhile 29');
    for (const text of ['written one', 'written two', 'written three']) await ada.say(text);
    await ada.waits(['written one', 'written two', 'written three']);
    assert.equal(await ada.row('meanwhile').count(), 0);
    await ada.shot('reconnecting');
    await ada.isAccessible();
    await tryNow(ada); // in vain
    await ada.page.locator('.banner').getByText('The node cannot be reached').waitFor();
    await wire.mend();
    await tryNow(ada);
    await ada.connected();
    await ada.waits([]);
    const texts = await isWhole(ada, attic);
    assert.deepEqual(texts.slice(-3), ['written one', 'written two', 'written three']);
    assert.equal(texts.length, 34);
    await ada.leave();
    await wire.cut();
  });

  it('says once what the node got and could not acknowledge', async () => {
    const cellar = await room('cellar');
    const [ada, wire] = await wired(cellar, 'Ada');
    wire.deafen();
    await ada.say('did you hear me?');
    await until(async () => (await node.pollAll(cellar)).length === 1, 'the message to arrive');
    await ada.waits(['did you hear me?']);
    await wire.cut();
    await ada.state('waiting');
    await ada.say('and this?');
    await wire.mend();
    await tryNow(ada);
    await ada.connected();
    await ada.waits([]);
    assert.deepEqual(await isWhole(ada, cellar), ['did you hear me?', 'and this?']);

    // The same, but the session is over when it comes back: nothing knows its ids any more.
    const session = JSON.parse(await ada.kept(`chatd.session.${cellar}`)).sessionId;
    wire.deafen();
    await ada.say('once more');
    await until(async () => (await node.pollAll(cellar)).length === 3, 'the message to arrive');
    await wire.cut();
    await ada.state('waiting');
    await node.must('chat-disconnect', { sessionId: session });
    await wire.mend();
    await tryNow(ada);
    await ada.state('ended');
    await ada.shot('ended');
    await ada.page.getByRole('button', { name: 'Join again' }).click();
    await ada.connected();
    await ada.waits([]);
    await ada.say('new session');
    await ada.sees('new session');
    assert.deepEqual(await isWhole(ada, cellar),
      ['did you hear me?', 'and this?', 'once more', 'new session']);
    await ada.leave();
    await wire.cut();
  });

  it('outlives a node that is killed, even when it is reloaded meanwhile', async () => {
    const stage = await room('stage');
    const [ada, wire] = await wired(stage, 'Ada');
    const [bob, other] = await wired(stage, 'Bob');
    await ada.say('curtain up');
    await bob.sees('curtain up');
    await node.kill();
    await ada.state('waiting');
    await bob.state('waiting');
    await ada.say('who put out the light?');
    await bob.say('not me');
    node = await ChatNode.start({ data });
    wire.to = other.to = node.port;
    await bob.page.reload(); // with a message that is not sent yet
    await bob.connected();
    await ada.connected(); // by itself
    await ada.sees('not me');
    await bob.sees('who put out the light?');
    for (const visitor of [ada, bob]) {
      const texts = await isWhole(visitor, stage);
      assert.deepEqual(texts.sort(), ['curtain up', 'not me', 'who put out the light?']);
      await visitor.leave();
    }
    await Promise.all([wire.cut(), other.cut()]);
  });

  it('comes back to a room that went on for longer than is replayed', async () => {
    const square = await room('square');
    const [ada, wire] = await wired(square, 'Ada');
    await ada.say('first');
    await ada.sees('first');
    await wire.cut();
    const bob = await node.openSocket(square, 'Bob');
    for (let i = 0; i < 1200; ++i) bob.say(`long ${i}`);
    await bob.nextMessage('long 1199');
    await wire.mend();
    await ada.connected();
    await ada.sees('long 1199');
    // What was not replayed is read as one scrolls up to it.
    const seen = new Set();
    await until(async () => {
      for (const { text } of await ada.rows()) seen.add(text);
      await ada.page.evaluate(() => (document.querySelector('.messages').scrollTop = 0));
      return seen.has('first');
    }, 'the beginning');
    assert.equal(seen.size, 1201);
    await ada.leave();
    await wire.cut();
  });

  it('comes back as soon as its own look at the rooms finds the node', async () => {
    const [ada, wire] = await wired(await room('hut'), 'Ada');
    await ada.page.clock.install();
    await wire.cut();
    await ada.state('waiting');
    // As after 37 s: the next try is a long while off.
    const left = async () => Number(/in (\d+) s/.exec(
      await ada.page.locator('.banner').textContent())?.[1] ?? 0);
    await until(async () => {
      await ada.page.clock.runFor(1_000);
      return (await left()) > 24;
    }, 'a long wait');
    await wire.mend();
    await ada.page.clock.runFor(4_000); // its next look at the rooms
    assert.ok((await left()) > 18 || (await left()) === 0);
    await until(async () => (await ada.page.locator('.pill[data-state="connected"]').count()) === 1,
      'the connection, long before the next try', 15_000);
    await ada.leave();
    await wire.cut();
  });

  it('says one thing of what waits for the disk: that it goes by itself', async () => {
    const pantry = await room('pantry');
    const ada = await browser.visitor(node.url);
    // The node's words when its disk is full (tests/faults/disk_full_test.py has a real one).
    let isFull = true;
    await ada.page.routeWebSocket(/rooms/, (page) => {
      const server = page.connectToServer();
      page.onMessage((text) => {
        const { type, clientMessageId } = JSON.parse(text);
        if (type !== 'message' || !isFull) return server.send(text);
        page.send(JSON.stringify({
          type: 'error', code: 'STORAGE_UNAVAILABLE', message: 'The message was not stored',
          suggestion: 'The message was not sent. Send it again in a few seconds', retryable: true,
          clientMessageId,
        }));
      });
    });
    await ada.join(pantry, 'Ada');
    await ada.say('one');
    await ada.say('two');
    const row = ada.page.locator('.message-unsent', { hasText: 'one' });
    await row.getByText('cannot store anything just now').waitFor();
    await row.getByText('It is sent by itself').waitFor();
    assert.equal(await ada.page.locator('.notice').count(), 0);
    assert.equal(await ada.page.getByText(/again in|Send again/).count(), 0);
    await ada.shot('disk-full');
    await ada.isAccessible();
    isFull = false;
    await ada.waits([]);
    assert.deepEqual(await isWhole(ada, pantry), ['one', 'two']);
    await ada.leave();
  });
});
