// The chat page in several tabs, one after the other and side by side: what was written outlives the
// tab it was written in, is said once, and stays its writer's own.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { ChatNode, chatd } from './lib/node.mjs';
import { until } from './lib/wait.mjs';
import { Wire } from './lib/wire.mjs';

describe('tabs of the chat page', { timeout: 240_000 }, () => {
  let node;
  let browser;
  before(async () => {
    [node, browser] = await Promise.all([ChatNode.start(), Browser.start()]);
  });
  after(async () => {
    await browser?.stop();
    await node.stop();
  });
  const room = async (roomId) => {
    await node.must('chat-room-create', { roomId });
    return roomId;
  };
  const textsOf = async (roomId) => (await node.pollAll(roomId)).map(({ text }) => text);
  const closed = (visitor) => {
    const gone = visitor.page.waitForEvent('close');
    return visitor.closeTab().then(() => gone);
  };

  it('leave to the next one what waits to be sent, and drafts', async () => {
    const [shed, barn] = [await room('shed'), await room('barn')];
    const wire = await Wire.to(node.port);
    const ada = (await browser.visitor(wire.url)).mayLoseNetwork();
    await ada.join(barn, 'Ada');
    await ada.box.fill('a draft in the barn');
    await ada.open(`#/${shed}`);
    await ada.connected();
    wire.deafen();
    await ada.say('heard, but not acknowledged');
    await until(async () => (await textsOf(shed)).length === 1, 'the message to arrive');
    await wire.cut();
    await ada.state('waiting');
    await ada.say('not heard');
    await ada.box.fill('half a\nsentence');
    await closed(ada);
    await wire.mend();
    const later = await ada.tab(`#/${shed}`);
    await later.connected();
    await later.waits([]);
    await until(async () => (await textsOf(shed)).length >= 2, 'the rest');
    assert.equal(await later.box.inputValue(), 'half a\nsentence');
    await later.page.reload();
    await later.connected();
    assert.deepEqual(await textsOf(shed), ['heard, but not acknowledged', 'not heard']);
    await later.page.getByRole('link', { name: 'barn' }).click();
    await later.connected();
    assert.equal(await later.box.inputValue(), 'a draft in the barn');
    // What was sent or cleared is no draft any more.
    await later.say('said');
    await later.page.reload();
    await later.connected();
    assert.equal(await later.box.inputValue(), '');
    await later.leave();
    await wire.cut();
  });

  it('ask before they go only where something would be lost', async () => {
    const porch = await room('porch');
    for (const isStored of [true, false]) {
      const ada = await browser.visitor(node.url);
      if (!isStored)
        await ada.page.addInitScript(() => {
          for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, name, { get() { throw new DOMException('off', 'SecurityError'); } });
        });
      await ada.join(porch, 'Ada');
      const questions = [];
      ada.page.on('dialog', async (dialog) => {
        questions.push(dialog.type());
        await dialog.accept();
      });
      const draft = 'nobody has this yet';
      await ada.box.fill(draft);
      await ada.page.reload();
      assert.deepEqual(questions, isStored ? [] : ['beforeunload']);
      if (isStored) await ada.connected();
      await ada.leave();
    }
  });

  it('are each in the room, also a duplicate of another one', async () => {
    const hall = await room('hall');
    const bob = await node.openSocket(hall, 'Bob');
    const ada = await browser.visitor(node.url);
    await ada.join(hall, 'Ada');
    await ada.box.fill('a draft of the first');
    const copy = await ada.tab(`#/${hall}`, true);
    await copy.connected();
    const session = async (visitor) => JSON.parse(await visitor.kept(`chatd.session.${hall}`)).sessionId;
    assert.notEqual(await session(copy), await session(ada));
    for (let turn = 0; turn < 2; ++turn) { // none throws the other one out
      for (const [visitor, name] of [[ada, 'first'], [copy, 'second']]) {
        await visitor.say(`${name} ${turn}`);
        await ada.sees(`${name} ${turn}`);
        await copy.sees(`${name} ${turn}`);
      }
      await copy.page.reload();
      await copy.connected();
    }
    const gone = bob.frames.filter(({ type }) => type === 'user_left').length;
    assert.ok(gone <= 2, 'only the one that was reloaded went for a moment');
    assert.equal(await ada.page.locator('.pill[data-state="connected"]').count(), 1);
    await copy.leave();
  });

  it('know what their reader said, after a reload and beside each other', async () => {
    const attic = await room('loft');
    const bob = await node.openSocket(attic, 'Ada'); // the same name, and somebody else
    bob.say('of another Ada');
    const ada = await browser.visitor(node.url);
    await ada.join(attic, 'Ada');
    const beside = await ada.tab(`#/${attic}`);
    await beside.connected();
    await ada.say('hers');
    await beside.sees('hers');
    const can = async (visitor, text) => {
      await visitor.row(text).hover();
      return (await visitor.row(text).getByRole('button', { name: 'Edit' }).count()) === 1;
    };
    await until(() => can(beside, 'hers'), 'the other tab to know');
    assert.equal(await can(beside, 'of another Ada'), false);
    await ada.page.reload();
    await ada.connected();
    await ada.sees('hers');
    assert.equal(await can(ada, 'of another Ada'), false);
    assert.equal(await can(ada, 'hers'), true);
    assert.equal(await ada.page.locator('.you').count(), 1); // beside hers alone
    // And can do it.
    await ada.row('hers').getByRole('button', { name: 'Edit' }).click();
    await ada.say('hers, corrected');
    await beside.sees('hers, corrected (edited)');
    await beside.row('hers').hover();
    await beside.row('hers').getByRole('button', { name: 'Delete' }).click();
    await beside.row('hers').getByRole('button', { name: 'Press again' }).click();
    await ada.sees('This message was deleted.');
    await ada.leave();
  });

  it('say nothing of one user as another one', async (t) => {
    const closedNode = await ChatNode.start({ args: ['--auth', 'keys'] });
    t.after(() => closedNode.stop());
    const keyOf = (user) => execFileSync(chatd,
      ['key', 'add', '--data', closedNode.data, '--user', user, '--scope', 'write'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split(/\s+/).at(-1);
    const keys = { ada: keyOf('ada'), eve: keyOf('eve') };
    const wire = await Wire.to(closedNode.port);
    t.after(() => wire.cut());
    const enter = async (visitor, user) => {
      await visitor.page.getByLabel('Key').fill(keys[user]);
      await until(async () => {
        await visitor.page.keyboard.press('Enter');
        return (await visitor.page.locator('dialog').count()) === 0;
      }, 'the node to take notice of its new key');
    };
    const ada = (await browser.visitor(wire.url)).mayLoseNetwork();
    await ada.open('#/general');
    await enter(ada, 'ada');
    await ada.page.getByLabel('Your nickname').fill('Ada');
    await ada.page.keyboard.press('Enter');
    await ada.connected();
    await wire.cut();
    await ada.state('waiting');
    await ada.say('from Ada');
    await ada.box.fill('a draft of Ada');
    await closed(ada);
    await wire.mend();
    const eve = await ada.tab('#/general');
    await enter(eve, 'eve');
    await eve.connected();
    await eve.waits([]);
    await eve.say('from Eve');
    await eve.sees('from Eve');
    assert.equal(await eve.row('from Ada').count(), 0);
    assert.equal(await eve.box.inputValue(), '');
    const again = await eve.tab('#/general');
    await enter(again, 'ada');
    await again.sees('from Ada');
    await again.leave();
  });
});
