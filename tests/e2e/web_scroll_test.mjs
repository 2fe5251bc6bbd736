// A room of 5,000 messages in a real browser: it scrolls smoothly, from the newest message to the
// first and back, and shows each of them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { ChatNode } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

const count = 5_000;

describe('a long room', { timeout: 240_000 }, () => {
  let node;
  let browser;
  let bob;
  before(async () => {
    [node, browser] = await Promise.all([ChatNode.start(), Browser.start()]);
    bob = await node.openSocket('general', 'Bob');
    const eve = await node.openSocket('general', 'Eve');
    for (let i = 0; i < count; ++i)
      (i % 7 < 4 ? bob : eve).say(i % 5 ? `message ${i}` : `message ${i}: ${'and so on '.repeat(i % 31)}`);
    await until(() => bob.messages().length === count, 'all to be stored');
  });
  after(async () => {
    await browser?.stop();
    await node.stop();
  });

  it('scrolls smoothly to its first message and back', async () => {
    const ada = await browser.visitor(node.url);
    await ada.join('general', 'Ada');
    await ada.page.waitForSelector('.message');
    // Messages that have come are rendered with the next frame; here something else is before it.
    await ada.page.evaluate(() => {
      const { fetch } = window;
      const box = document.querySelector('.messages');
      window.fetch = async (...what) => {
        const answer = await fetch(...what);
        for (let ms = 0; ms < 16; ++ms) setTimeout(() => box.dispatchEvent(new Event('scroll')), ms);
        return answer;
      };
    });
    const walk = (direction) => ada.page.evaluate(async (by) => {
      const box = document.querySelector('.messages');
      const seen = new Map();
      const frames = [];
      let rowsMax = 0;
      let jump = 0; // how far a row was from where scrolling should have put it
      let last = performance.now();
      let stuckSince = last;
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      while (performance.now() - stuckSince < 1_000) {
        const before = box.scrollTop;
        const middle = box.getBoundingClientRect().top + box.clientHeight / 2;
        const row = [...box.querySelectorAll('[data-id]')]
          .find((one) => one.getBoundingClientRect().bottom > middle);
        const top = row.getBoundingClientRect().top;
        box.scrollTop += by;
        const went = box.scrollTop - before;
        const now = await frame();
        frames.push(now - last);
        last = now;
        if (row.isConnected)
          jump = Math.max(jump, Math.abs(row.getBoundingClientRect().top - top + went));
        const rows = box.querySelectorAll('[data-id]');
        rowsMax = Math.max(rowsMax, rows.length);
        for (const row of rows) seen.set(row.dataset.id, true);
        const atEnd = by < 0 ? box.querySelector('.beginning') && box.scrollTop === 0
          : box.scrollHeight - box.scrollTop - box.clientHeight < 2;
        if (atEnd && before === box.scrollTop) break;
        if (box.scrollTop !== before) stuckSince = now;
      }
      frames.sort((a, b) => a - b);
      const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))];
      return {
        seen: [...seen.keys()].sort(), rowsMax, jump, frames: frames.length,
        median: at(0.5), late: at(0.95), worst: at(1),
      };
    }, direction);
    for (const [name, by] of [['up', -1400], ['down', 1400]]) {
      const result = await walk(by);
      const ms = (value) => value.toFixed(1);
      console.log(`scrolling ${name}: ${result.frames} frames, median ${ms(result.median)} ms, `
        + `95 % under ${ms(result.late)} ms, worst ${ms(result.worst)} ms, `
        + `${result.rowsMax} rows in the page at most`);
      assert.deepEqual(result.seen, bob.messages().map((message) => message.id));
      assert.ok(result.rowsMax <= 300, 'the page grows with the room');
      assert.ok(result.jump < 3, `what is read jumps by ${result.jump} px`);
      if (name === 'up') await ada.shot('beginning');
    }
    await ada.leave();
  });

  it('lets go of its end while others talk', async () => {
    const ada = await browser.visitor(node.url);
    await ada.join('general', 'Ada');
    await ada.page.waitForSelector('.message');
    await ada.page.mouse.move(700, 400);
    const talk = setInterval(() => bob.say('and on'), 10);
    try {
      for (let i = 0; i < 10; ++i) {
        await ada.page.mouse.wheel(0, -30); // the first frame of a longer way
        // Its number changes all the time: nothing to aim at with a mouse.
        await ada.page.locator('.to-newest').evaluate((button) => button.click());
      }
    } finally {
      clearInterval(talk);
    }
    await ada.leave();
  });

  it('keeps in sight what is read while others talk', async () => {
    const ada = await browser.visitor(node.url);
    await ada.join('general', 'Ada');
    await ada.page.waitForSelector('.message');
    const place = () => ada.page.evaluate(() => {
      const box = document.querySelector('.messages').getBoundingClientRect();
      const row = [...document.querySelectorAll('[data-id]')]
        .find((one) => one.getBoundingClientRect().top >= box.top + 100);
      return { id: row.dataset.id, top: Math.round(row.getBoundingClientRect().top) };
    });
    // At the end one stays at the end.
    for (let i = 0; i < 300; ++i) bob.say(`flood ${i}`);
    await ada.sees('flood 299');
    await until(() => ada.page.evaluate(() => {
      const box = document.querySelector('.messages');
      return box.scrollHeight - box.scrollTop - box.clientHeight < 2;
    }), 'the end to be in sight');
    // Anywhere else one stays where one is.
    await ada.page.mouse.move(700, 400);
    await ada.page.mouse.wheel(0, -2_500);
    await ada.page.getByRole('button', { name: /Newest/ }).waitFor();
    let at;
    await until(async () => {
      const before = at;
      at = await place();
      return before?.id === at.id && before.top === at.top;
    }, 'the scrolling to end');
    for (let i = 0; i < 50; ++i) bob.say(`more ${i}`);
    await ada.page.getByRole('button', { name: /50 new/ }).waitFor();
    assert.deepEqual(await place(), at);
    await ada.page.getByRole('button', { name: /50 new/ }).click();
    await ada.sees('more 49');
    await ada.leave();
  });
});
