// The chat page in a real browser, on a real node: people talk, with mouse, keyboard and phone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Browser } from './lib/browser.mjs';
import { Front } from './lib/front.mjs';
import { ChatNode, chatd } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

describe('the chat page', { timeout: 240_000 }, () => {
  let node;
  let browser;
  before(async () => {
    [node, browser] = await Promise.all([ChatNode.start(), Browser.start()]);
  });
  after(async () => {
    await browser?.stop();
    await node.stop();
  });
  const room = async (roomId, more = {}) => {
    await node.must('chat-room-create', { roomId, ...more });
    return roomId;
  };

  it('is small, and soon there', async () => {
    const ada = await browser.visitor(node.url);
    const sizes = [];
    ada.page.on('response', async (response) => {
      if (!new URL(response.url()).pathname.startsWith('/rpc'))
        sizes.push(response.request().sizes());
    });
    await ada.open();
    await ada.page.waitForSelector('.card');
    const bytes = (await Promise.all(sizes)).reduce((sum, one) => sum + one.responseBodySize, 0);
    const paint = await ada.page.evaluate(() => {
      const [entry] = performance.getEntriesByName('first-contentful-paint');
      return Math.round(entry.startTime);
    });
    console.log(`page: ${(bytes / 1024).toFixed(1)} KiB compressed, first paint after ${paint} ms`);
    assert.ok(bytes > 10_000 && bytes < 150 * 1024, `${bytes} bytes`);
    await ada.shot('welcome');
    await ada.isAccessible();
    await ada.leave();
  });

  it('is the same however it is compressed', async () => {
    const { text: html } = await node.request();
    const assets = [...html.matchAll(/"(assets\/[^"]+)"/g)].map(([, url]) => `/${url}`);
    assert.ok(assets.length >= 2);
    for (const url of ['/', ...assets]) {
      const get = async (coding) => {
        const answer = await fetch(node.url + url, { headers: { 'accept-encoding': coding } });
        assert.equal(answer.headers.get('content-encoding') ?? 'identity', coding);
        return answer.text(); // unpacked
      };
      const plain = await get('identity');
      assert.equal(await get('br'), plain);
      assert.equal(await get('gzip'), plain);
    }
  });

  it('lets two people talk', async () => {
    const garden = await room('garden', { name: 'Garden club', description: 'Beds, bees, weather' });
    const [ada, bob] = await Promise.all([browser.visitor(node.url), browser.visitor(node.url)]);
    await ada.join(garden, 'Ada Lovelace');
    await bob.join(garden, 'Bob Martin');
    await ada.page.getByText('Bob Martin').waitFor(); // in the list of people
    await bob.say('Morning! The delivery comes at ten, can somebody open the gate?');
    await ada.sees('open the gate?');
    await ada.box.pressSequentially('I a');
    await bob.page.getByText('Ada Lovelace is writing').waitFor();
    await ada.say('I am there from nine. See https://example.org/map.');
    await bob.sees('I am there from nine.');
    assert.equal(await bob.row('from nine').locator('a[target]').getAttribute('href'),
      'https://example.org/map');
    await bob.page.getByText('is writing').waitFor({ state: 'detached' });

    await bob.row('from nine').hover();
    await bob.row('from nine').getByRole('button', { name: 'React' }).click();
    await bob.page.getByRole('menuitem', { name: '🎉' }).click();
    await ada.page.getByRole('button', { name: '🎉 by Bob Martin' }).waitFor();

    await ada.row('from nine').hover();
    await ada.row('from nine').getByRole('button', { name: 'Edit' }).click();
    await ada.page.getByText('Editing your message').waitFor();
    await ada.say('I am there from half past eight.');
    await bob.sees('half past eight. (edited)');
    await ada.say('Forget this one');
    await ada.row('Forget').hover();
    await ada.row('Forget').getByRole('button', { name: 'Delete' }).click();
    await ada.row('Forget').getByRole('button', { name: 'Press again' }).click();
    await bob.sees('This message was deleted.');
    assert.equal(await bob.row('Forget').count(), 0);

    await ada.say('Plan:\n```\n09:00  gate\n10:00  delivery\n```\nAgreed, @Bob?');
    await bob.sees('Agreed');
    await node.must('chat-send', { roomId: garden, text: 'Rain is likely after `14:00`.' });
    await ada.sees('Rain is likely');
    await ada.page.mouse.move(0, 0);
    await ada.shot('room');
    await ada.isAccessible();
    assert.deepEqual(await ada.rows(), await bob.rows());
    await ada.leave();
    await bob.leave();
  });

  it('counts who is where and what is unread, also after a reload', async () => {
    const kitchen = await room('kitchen', { name: 'Kitchen' });
    const ada = await browser.visitor(node.url);
    await ada.join(kitchen, 'Ada');
    await ada.say('Tea?');
    await ada.sees('Tea?');
    await ada.page.getByRole('link', { name: 'General' }).click();
    await ada.connected();
    const bob = await node.openSocket(kitchen, 'Bob');
    bob.say('Yes please');
    bob.say('With milk');
    const item = ada.page.getByRole('link', { name: /Kitchen.*2 unread.*2 people here/ });
    await item.waitFor();
    assert.match(await ada.page.title(), /^\(2\) /);
    await ada.shot('unread');
    await ada.page.reload();
    await ada.connected();
    bob.say('And sugar');
    await ada.page.getByRole('link', { name: /Kitchen.*3 unread/ }).click();
    await ada.sees('And sugar');
    await ada.page.locator('.new-line').waitFor();
    await ada.page.getByRole('link', { name: /unread/ }).waitFor({ state: 'detached' });
    assert.deepEqual((await ada.rows()).map((row) => row.text),
      ['Tea?', 'Yes please', 'With milk', 'And sugar']);
    await ada.page.getByRole('button', { name: 'Leave the room' }).click();
    await until(async () => {
      const { rooms } = await node.must('chat-rooms', { search: kitchen });
      return rooms[0].participants === 1;
    }, 'Ada to have left');
    await ada.leave();
  });

  it('makes rooms, and says what the node does not take', async () => {
    const ada = await browser.visitor(node.url);
    await ada.open();
    await ada.page.getByRole('button', { name: 'New room' }).click();
    await ada.page.getByLabel('Name').fill('Böhm & Söhne');
    assert.equal(await ada.page.getByLabel('ID').inputValue(), 'bohm-sohne');
    await ada.page.getByLabel('ID').fill('no spaces!');
    await ada.page.getByRole('button', { name: 'Create room' }).click();
    await ada.page.getByText('An ID has 1 to 64 letters').waitFor();
    await ada.shot('bad-room');
    await ada.isAccessible();
    await ada.page.getByLabel('ID').fill('general');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('alert').getByText('exists already').waitFor();
    await ada.page.getByLabel('ID').fill('boehm');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('heading', { name: 'Böhm & Söhne is quiet' }).waitFor();
    await ada.shot('empty-room');

    await ada.page.getByLabel('Your nickname').fill('x'.repeat(51));
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('alert').getByText('A nickname has at most 50 characters').waitFor();
    await ada.page.getByLabel('Your nickname').fill('Ada');
    await ada.page.keyboard.press('Enter');
    await ada.connected();
    await ada.box.fill('y'.repeat(2001));
    await ada.page.getByText('1 too many').waitFor();
    await ada.page.keyboard.press('Enter');
    await ada.box.fill('y'.repeat(2000));
    await ada.page.keyboard.press('Enter');
    await ada.sees('yyy');
    assert.equal((await node.pollAll('boehm')).length, 1);
    await ada.leave();
  });

  it('lists rooms by the name shown, and those one is in wherever they are', async () => {
    const many = await ChatNode.start();
    const names = Array.from({ length: 130 }, (_, i) => `Hall ${i}`);
    for (const [i, name] of names.entries())
      await many.must('chat-room-create', { roomId: `r${String(900 - i)}`, name });
    await many.must('chat-room-create', { roomId: 'zz-last', name: 'A quiet corner' });
    const ada = await browser.visitor(many.url);
    const { page } = ada;
    await ada.join('zz-last', 'Ada');
    const shown = (title) => page.locator('section', { has: page.getByRole('heading', { name: title }) })
      .locator('.room-name').allTextContents();
    await page.getByRole('heading', { name: 'A quiet corner', level: 1 }).waitFor();
    await until(async () => isDeepStrictEqual(await shown('Your rooms'), ['A quiet corner']), 'its name');
    const others = await shown('Other rooms');
    assert.equal(others.length, 100);
    assert.deepEqual(others, [...others].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })));
    // A search names no room anew.
    await page.getByLabel('Find a room').fill('hall 7');
    await until(async () => (await page.locator('.room-name').count()) === 11, 'what was found');
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'A quiet corner');
    assert.match(await page.title(), /A quiet corner/);
    assert.match(await ada.box.getAttribute('placeholder'), /A quiet corner/);
    await page.reload(); // it is on no page of the list now, either
    await ada.connected();
    await until(async () => isDeepStrictEqual(await shown('Your rooms'), ['A quiet corner']), 'its name');
    await ada.leave();
    await many.stop();
  });

  it('says so when a room is left for another one', async () => {
    const many = await ChatNode.start();
    const ids = Array.from({ length: 31 }, (_, i) => `room${String(i).padStart(2, '0')}`);
    for (const roomId of ids) await many.must('chat-room-create', { roomId, name: `Room ${roomId.slice(4)}` });
    const ada = await browser.visitor(many.url);
    await ada.join(ids[0], 'Ada');
    for (const roomId of ids.slice(1)) {
      assert.equal(await ada.page.locator('.toast').count(), 0);
      await ada.page.evaluate((id) => (location.hash = `#/${id}`), roomId);
      await ada.page.locator('.room-head h1', { hasText: roomId.slice(4) }).waitFor();
      await ada.connected();
    }
    await ada.page.getByRole('status').getByText('You left Room 00').waitFor();
    await ada.shot('left');
    await ada.isAccessible();
    await ada.page.locator('.toast').getByRole('button', { name: 'Close' }).click();
    await ada.page.locator('.toast').waitFor({ state: 'detached' });
    await ada.leave();
    await many.stop();
  });

  it('makes a room whatever letters its name has', async () => {
    const ada = await browser.visitor(node.url);
    await ada.open();
    for (const name of ['中文讨论', '🎉', 'Мастерская']) {
      await ada.page.getByRole('button', { name: 'New room' }).click();
      await ada.page.getByRole('dialog').getByLabel('Name').fill(name);
      await ada.page.getByText('This one is made up').waitFor();
      if (name === '中文讨论') await ada.shot('made-up-id');
      await ada.page.keyboard.press('Enter');
      await ada.page.getByRole('heading', { name: `${name} is quiet` }).waitFor();
    }
    await ada.leave();
  });

  it('shows each text and name in its own direction', async () => {
    const hebrew = await room('mixed', { name: 'חדר (כללי)', description: 'OK: שלום!' });
    const bob = await node.openSocket(hebrew, 'בוב (1)');
    bob.say('שלום, OK!\nand on');
    await bob.nextMessage('שלום, OK!\nand on');
    const ada = await browser.visitor(node.url);
    await ada.join(hebrew, 'عادة');
    await ada.sees('שלום');
    bob.send({ type: 'typing' });
    await ada.page.locator('.typing bdi').waitFor();
    await ada.box.fill('שלום!');
    // Every element that shows what people wrote has a direction of its own, or is in one that has.
    const bare = await ada.page.evaluate(() => {
      const found = [];
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let at = walk.nextNode(); at; at = walk.nextNode())
        if (/[\u0590-\u06ff]/.test(at.data) && !at.parentElement.closest('bdi, [dir]'))
          found.push(at.parentElement.outerHTML.slice(0, 120));
      return found;
    });
    assert.deepEqual(bare, []);
    const direction = (locator) => locator.evaluate((element) => getComputedStyle(element).direction);
    assert.equal(await direction(ada.row('שלום').locator('.text')), 'rtl');
    assert.equal(await direction(ada.box), 'rtl');
    await ada.shot('directions');
    await ada.isAccessible();
    await ada.leave();
  });

  it('takes new lines on a phone', async () => {
    const lines = await room('lines');
    const ada = await browser.visitor(node.url, { phone: true });
    await ada.join(lines, 'Ada');
    await ada.box.pressSequentially('one');
    await ada.page.keyboard.press('Enter');
    await ada.box.pressSequentially('two');
    assert.equal(await ada.box.inputValue(), 'one\ntwo');
    await ada.page.getByRole('button', { name: 'Send' }).tap();
    await until(async () => (await node.pollAll(lines))[0]?.text === 'one\ntwo', 'both lines');
    await ada.leave();
    const bob = await browser.visitor(node.url);
    await bob.join(lines, 'Bob');
    await bob.box.pressSequentially('three');
    await bob.page.keyboard.press('Shift+Enter');
    await bob.box.pressSequentially('four');
    await bob.page.keyboard.press('Enter');
    await until(async () => (await node.pollAll(lines))[1]?.text === 'three\nfour', 'both lines');
    await bob.leave();
  });

  it('is the same under a path', async () => {
    const front = await Front.of(node.port);
    const lane = await room('lane', { name: 'Lane' });
    const ada = await browser.visitor(front.url);
    ada.page.on('websocket', (socket) => assert.ok(!/token/.test(socket.url()), socket.url()));
    await ada.join(lane, 'Ada');
    await ada.say('Under a path');
    await ada.sees('Under a path');
    await ada.page.goto(`${front.url}/status`);
    await ada.page.waitForSelector('.pill[data-state="up"]');
    await ada.page.getByRole('link', { name: 'Chat' }).click();
    await ada.page.waitForURL(`${front.url}/`);
    await ada.page.getByRole('link', { name: /Lane/ }).first().waitFor();
    await ada.leave();
    await front.stop();
  });

  it('tells apart why one is not in a room any more', async () => {
    const ada = await browser.visitor(node.url);
    const sessionOf = async (roomId) => JSON.parse(await ada.kept(`chatd.session.${roomId}`)).sessionId;
    const seen = new Set();
    for (const [roomId, end] of [
      ['kicked', async () => node.must('chat-revoke', { sessionId: await sessionOf('kicked') })],
      ['deleted', () => node.must('chat-room-delete', { roomId: 'deleted' })],
      ['ended', async () => node.must('chat-disconnect', { sessionId: await sessionOf('ended') })],
    ]) {
      await room(roomId, { name: roomId });
      if (seen.size === 0) await ada.join(roomId, 'Ada');
      else await ada.open(`#/${roomId}`);
      await ada.connected();
      await ada.box.fill('half a sent');
      await end();
      await ada.state('ended');
      const banner = ada.page.locator('.banner');
      seen.add(await banner.locator('strong').textContent());
      assert.equal(await ada.box.inputValue(), 'half a sent');
      const isGone = roomId === 'deleted';
      assert.equal(await banner.getByRole('button', { name: 'Join again' }).count(), isGone ? 0 : 1);
      assert.equal(await ada.page.getByRole('button', { name: 'Send' }).isDisabled(), isGone);
      await ada.shot(`over-${roomId}`);
      await ada.isAccessible();
    }
    assert.deepEqual([...seen],
      ['You were removed from the room.', 'The room was deleted.', 'You left the room.']);
    await ada.leave();
  });

  it('says that there is no such room', async () => {
    const ada = await browser.visitor(node.url);
    await ada.page.goto(`${node.url}/#/nowhere`);
    await ada.page.getByRole('heading', { name: 'There is no room “nowhere”' }).waitFor();
    assert.equal(await ada.page.getByRole('textbox').count(), 0, 'one can write to no room');
    await ada.page.getByRole('link', { name: 'See the rooms there are' }).click();
    await ada.page.getByRole('link', { name: /General/ }).first().waitFor();
    await ada.leave();
  });

  it('leads to the page of a message', async () => {
    const archive = await room('archive', { name: 'Archive' });
    const bob = await node.openSocket(archive, 'Bob');
    for (let i = 0; i < 400; ++i) bob.say(`entry ${i}`);
    await bob.nextMessage('entry 399');
    const ada = await browser.visitor(node.url);
    await ada.open(`#/${archive}/${bob.messages()[120].id}`);
    const wanted = ada.page.locator('.message[data-target]');
    await wanted.waitFor();
    assert.match(await wanted.textContent(), /entry 120$/);
    await until(() => wanted.evaluate((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top > 0 && bottom < innerHeight;
    }), 'the message to be in sight');
    await ada.shot('permalink');
    await ada.page.getByRole('button', { name: 'Newest' }).click();
    await ada.sees('entry 399');
    // The other way: the link of a message that somebody points at.
    const before = ada.page.url();
    const link = `${node.url}/#/${archive}/${bob.messages()[399].id}`;
    const copy = async () => {
      await ada.row('entry 399').hover();
      await ada.row('entry 399').getByRole('button', { name: 'Copy link' }).click();
    };
    // Where no page may copy, it says so, and shows the link to be copied by hand.
    await ada.page.evaluate(() => Object.defineProperty(navigator, 'clipboard',
      { configurable: true, value: undefined }));
    await copy();
    const field = ada.page.getByRole('dialog').getByLabel('Link', { exact: true });
    await field.waitFor();
    assert.equal(await field.evaluate((input) => {
      const { selectionStart: from, selectionEnd: to, value } = input;
      return value.slice(from, to);
    }), link);
    await ada.shot('link');
    await ada.isAccessible();
    assert.equal(await ada.page.getByRole('button', { name: 'Link copied' }).count(), 0);
    await ada.page.keyboard.press('Escape');
    // Where it may, it does, and the address stays what it was.
    await ada.page.evaluate(() => Object.defineProperty(navigator, 'clipboard',
      { value: { writeText: async (text) => (window.copied = text) } }));
    await copy();
    await ada.page.getByRole('button', { name: 'Link copied' }).waitFor();
    assert.equal(await ada.page.evaluate(() => window.copied), link);
    assert.equal(ada.page.url(), before.replace(/(#\/\w+)\/.*/, '$1'));
    await ada.leave();
  });

  it('is used with the keyboard alone', async () => {
    const desk = await room('a-desk', { name: 'A desk' });
    const bob = await node.openSocket(desk, 'Bob');
    bob.say('Nobody here has a mouse');
    const ada = await browser.visitor(node.url);
    await ada.open();
    await ada.page.waitForSelector('.room');
    const press = (key) => ada.page.keyboard.press(key);
    const focused = () => ada.page.evaluate(() => {
      const at = document.activeElement;
      return at === document.body ? '' : (at.getAttribute('aria-label') ?? at.textContent);
    });
    const tabTo = async (pattern, key = 'Tab') => {
      for (let i = 0; i < 60; ++i) {
        if (pattern.test(await focused())) return;
        await press(key);
      }
      assert.fail(`no way to ${pattern}: at ${await focused()}`);
    };
    await tabTo(/A desk/);
    await press('Enter');
    await ada.page.getByLabel('Your nickname').waitFor();
    await tabTo(/Your nickname/);
    await ada.page.keyboard.type('Ada');
    await press('Enter');
    await ada.connected();
    await until(async () => (await focused()) === 'Message', 'the focus to be where one writes');
    await ada.page.keyboard.type('Neither do I');
    await press('Enter');
    const mine = await bob.nextMessage('Neither do I');
    await ada.sees('Neither do I');
    await tabTo(/Neither do I/, 'Shift+Tab');
    await press('ArrowUp');
    assert.match(await focused(), /Nobody here has a mouse/);
    await ada.shot('keyboard');
    await tabTo(/^React$/);
    await press('Enter');
    await press('ArrowRight');
    await press('Enter');
    const reaction = await bob.next('reaction');
    assert.deepEqual([reaction.emoji, reaction.nickname], ['❤️', 'Ada']);
    assert.ok(reaction.messageId < mine.id);
    assert.match(await focused(), /^React$/);
    bob.say('Well done');
    await ada.page.locator('[aria-live]', { hasText: 'Bob: Well done' }).waitFor({ state: 'attached' });
    await ada.leave();
  });

  it('fits a phone, in the dark, too', async () => {
    const pocket = await room('pocket', { name: 'In the pocket', description: 'Small screens' });
    const bob = await node.openSocket(pocket, 'Bob Martin');
    const eve = await node.openSocket(pocket, 'Eve');
    for (const text of ['Is anybody on the road?', 'The train is late again.'])
      bob.say(text);
    await eve.nextMessage('The train is late again.');
    eve.say('Mine as well: half an hour, they say. I shall be there for lunch.');
    await bob.next((frame) => frame.sender === 'Eve');
    await node.must('chat-send', { roomId: pocket, text: 'Next one: `11:42`, platform 3.' });
    for (const dark of [false, true]) {
      const name = dark ? 'phone-dark' : 'phone';
      const ada = await browser.visitor(node.url, { phone: true, dark });
      await ada.open();
      await ada.page.waitForSelector('.room');
      await ada.fitsItsWidth();
      await ada.shot(`${name}-rooms`);
      await ada.isAccessible();
      await ada.join(pocket, 'Ada');
      await ada.say('On my way! 🚂');
      const mine = await bob.next((frame) => frame.text?.startsWith('On my way'));
      bob.send({ type: 'reaction', messageId: mine.id, emoji: '👍' });
      await ada.page.locator('.reaction').waitFor();
      await ada.fitsItsWidth();
      await ada.shot(name);
      await ada.isAccessible();
      await ada.page.getByRole('link', { name: 'All rooms' }).click();
      await ada.page.getByRole('link', { name: /In the pocket/ }).waitFor();
      await ada.leave();
    }
  });

  it('has a dark side on the desktop', async () => {
    const ada = await browser.visitor(node.url, { dark: true });
    await ada.join('garden', 'Grace Hopper');
    await ada.sees('Rain is likely');
    await ada.shot('room-dark');
    await ada.isAccessible();
    // Chosen by hand, it stays through a reload.
    const background = () => ada.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await ada.page.getByRole('button', { name: 'Colours: as the system' }).click();
    const light = await background();
    assert.notEqual(light, dark);
    await ada.page.reload();
    await ada.connected();
    assert.equal(await background(), light);
    await ada.leave();
  });

  it('works where nothing can be stored', async () => {
    const ada = await browser.visitor(node.url);
    await ada.page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(window, name, { get() { throw new DOMException('off', 'SecurityError'); } });
    });
    await ada.join('random', 'Ada');
    await ada.say('No storage, no problem');
    await ada.sees('No storage');
    await ada.leave();
  });

  it('asks for a key where the node wants one', async () => {
    const closed = await ChatNode.start({ args: ['--auth', 'keys'] });
    const key = execFileSync(chatd,
      ['key', 'add', '--data', closed.data, '--user', 'ada', '--name', 'Ada', '--scope', 'write'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split(/\s+/).at(-1);
    const ada = (await browser.visitor(closed.url)).mayLoseNetwork(); // 401 is an error to it
    await ada.open('#/general');
    await ada.page.getByLabel('Key').fill('wrong');
    await ada.page.keyboard.press('Enter');
    await ada.page.locator('.field-error').waitFor();
    await ada.shot('key');
    await ada.isAccessible();
    await ada.page.getByLabel('Key').fill(key);
    await until(async () => {
      await ada.page.keyboard.press('Enter');
      return (await ada.page.locator('dialog').count()) === 0;
    }, 'the node to take notice of its new key');
    await ada.page.getByLabel('Your nickname').fill('Ada');
    await ada.page.keyboard.press('Enter');
    await ada.connected();
    await ada.say('Let in');
    await ada.sees('Let in');
    await ada.leave();
    await closed.stop();
  });
});
