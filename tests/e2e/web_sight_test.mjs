// What is in sight in the chat page while one writes, sends, corrects and reacts: on a phone, on a
// tablet and on a desktop.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { ChatNode } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

const looks = [
  { name: 'phone', phone: true, size: { width: 360, height: 740 } },
  { name: 'tablet', phone: true, dark: true, size: { width: 768, height: 1024 } },
  { name: 'desktop', size: { width: 1440, height: 900 } },
];

describe('what is in sight', { timeout: 240_000 }, () => {
  let node;
  let browser;
  let bob;
  before(async () => {
    [node, browser] = await Promise.all([ChatNode.start(), Browser.start()]);
    bob = await node.openSocket('general', 'Bob');
    for (let i = 0; i < 300; ++i) bob.say(`entry ${i}`);
    await bob.nextMessage('entry 299');
  });
  after(async () => {
    await browser?.stop();
    await node.stop();
  });

  /** Wholly inside the list, and not below the composer. */
  const isSeen = (visitor, text) => visitor.row(text).last().evaluate((row) => {
    const box = document.querySelector('.messages').getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    return top >= box.top - 1 && bottom <= box.bottom + 1;
  });
  const seen = async (visitor, text) => {
    await visitor.sees(text);
    await until(() => isSeen(visitor, text), `"${text}" to be in sight`);
  };
  const scrolled = (visitor) => visitor.page.evaluate(() => {
    const box = document.querySelector('.messages');
    return { top: box.scrollTop, height: box.scrollHeight, below: box.scrollHeight - box.scrollTop - box.clientHeight };
  });
  const rest = async (visitor) => { // two frames: all observers have been told
    await visitor.page.evaluate(() => new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(resolve))));
  };

  for (const look of looks)
    describe(`on a ${look.name}`, () => {
      let ada;
      before(async () => {
        ada = await browser.visitor(node.url, look);
        await ada.join('general', 'Ada');
        await ada.page.waitForSelector('.message');
      });
      after(() => ada.leave());

      it('the end stays while a draft grows, and what was sent is there', async () => {
        for (const lines of [2, 3, 9, 1, 3]) {
          await ada.box.fill(Array.from({ length: lines }, (_, i) => `line ${i}`).join('\n'));
          await rest(ada);
          const { below } = await scrolled(ada);
          assert.ok(below < 2, `${below} px of the list are below with ${lines} lines`);
        }
        const draft = 'first\nsecond\nthird';
        await ada.box.fill('');
        await ada.box.pressSequentially(draft.replace(/\n/g, '·'));
        await ada.say(`${look.name} ${draft}`);
        await seen(ada, `${look.name} first`);
        await ada.shot(`sight-${look.name}`);
      });

      it('what was sent while scrolled up is there', async () => {
        await ada.page.evaluate(() => (document.querySelector('.messages').scrollTop -= 1_500));
        await ada.page.getByRole('button', { name: /Newest/ }).waitFor();
        await ada.say(`${look.name} from above`);
        await seen(ada, `${look.name} from above`);
      });

      it('what was sent at the link of a message is there', async () => {
        await ada.open(`#/general/${bob.messages()[40].id}`);
        await ada.connected();
        await ada.page.locator('.message[data-target]').waitFor();
        await ada.say(`${look.name} from afar`);
        await seen(ada, `${look.name} from afar`);
        assert.equal(new URL(ada.page.url()).hash, '#/general');
      });

      it('a correction leaves the draft as it was', async () => {
        await ada.say(`${look.name} teh`);
        await seen(ada, `${look.name} teh`);
        const draft = 'a draft\nof two lines';
        const edit = async () => {
          await ada.row(`${look.name} teh`).hover();
          await ada.row(`${look.name} teh`).getByRole('button', { name: 'Edit' }).click();
          await until(async () => (await ada.box.inputValue()) === `${look.name} teh`, 'its text');
        };
        await ada.box.fill(draft);
        await edit();
        await ada.page.keyboard.press('Escape');
        assert.equal(await ada.box.inputValue(), draft);
        await edit();
        await ada.page.getByRole('button', { name: 'Cancel' }).click();
        assert.equal(await ada.box.inputValue(), draft);
        await edit();
        await ada.page.reload(); // the draft is kept, and not what is being corrected
        await ada.connected();
        await ada.sees(`${look.name} teh`);
        assert.equal(await ada.box.inputValue(), draft);
        await edit();
        await ada.box.fill(`${look.name} the`);
        await ada.page.getByRole('button', { name: 'Save' }).click();
        await ada.sees(`${look.name} the (edited)`);
        assert.equal(await ada.box.inputValue(), draft);
        await ada.box.fill('');
      });

      it('the conversation stays where it is while one chooses a reaction', async () => {
        const rows = ada.page.locator('.message[data-id]');
        for (const row of [rows.last(), rows.nth(await rows.count() - 4)]) {
          await row.hover();
          const before = await scrolled(ada);
          await row.getByRole('button', { name: 'React' }).click();
          const picker = ada.page.getByRole('menu', { name: 'Reactions' });
          await picker.waitFor();
          await ada.page.keyboard.press('ArrowDown');
          await rest(ada);
          assert.deepEqual(await scrolled(ada), before);
          const { x, y, width, height } = await picker.boundingBox();
          assert.ok(x >= 0 && y >= 0, `${x} ${y}`);
          assert.ok(x + width <= look.size.width && y + height <= look.size.height, 'all of it is there');
          if (row === rows) await ada.shot(`picker-${look.name}`);
          await ada.page.keyboard.press('Escape');
          await picker.waitFor({ state: 'detached' });
          assert.deepEqual(await scrolled(ada), before);
        }
      });

      it('there is a way to the people', async () => {
        const people = ada.page.getByRole('list', { name: 'People in this room' });
        if (look.phone) {
          assert.equal(await people.count(), 0);
          await ada.page.getByRole('button', { name: /Who is here/ }).tap();
        }
        await people.waitFor();
        const { x, width } = await people.boundingBox();
        assert.ok(width >= 200, `the list of people is ${width} px wide`);
        assert.ok(x + width <= look.size.width + 1);
        assert.ok(await people.getByText('Bob').isVisible());
        await ada.fitsItsWidth();
        await ada.shot(`people-${look.name}`);
        await ada.isAccessible();
        if (!look.phone) return;
        await ada.page.keyboard.press('Escape');
        await people.waitFor({ state: 'detached' });
        assert.match(await ada.page.evaluate(() => document.activeElement.ariaLabel), /Who is here/);
      });
    });
});
