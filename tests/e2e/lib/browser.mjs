// Debian's Chromium, driven by playwright-core, and people who look at the chat page with it.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { patience, until } from './wait.mjs';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const shots = path.join(repository, 'build/screenshots');
const executable = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

/** What networks say when they are gone: tests that cut them expect it. */
const networkErrors = /net::ERR_|WebSocket connection to|Failed to load resource/;

export class Browser {
  #browser;

  static async start() {
    const self = new Browser();
    // Root has no sandbox; the tests trust their own page.
    self.#browser = await chromium.launch({
      executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--lang=en-GB'],
    });
    return self;
  }

  stop() {
    return this.#browser?.close();
  }

  /** Somebody with a browser of their own: storage and all. */
  async visitor(url, { phone = false, dark = false, size } = {}) {
    const context = await this.#browser.newContext({
      viewport: size ?? (phone ? { width: 390, height: 844 } : { width: 1280, height: 800 }),
      deviceScaleFactor: phone ? 2 : 1,
      hasTouch: phone,
      colorScheme: dark ? 'dark' : 'light',
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
    });
    context.setDefaultTimeout(patience);
    return new Visitor(context, await context.newPage(), url, phone);
  }
}

export class Visitor {
  #problems = [];
  #mayLoseNetwork = false;

  constructor(context, page, url, phone = false) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.phone = phone;
    const { origin } = new URL(url);
    const ws = origin.replace('http', 'ws');
    page.on('pageerror', (error) => this.#problems.push(`error: ${error.stack}`));
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (this.#mayLoseNetwork && networkErrors.test(message.text())) return;
      this.#problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const target = request.url();
      if (!target.startsWith(`${origin}/`) && !target.startsWith('data:'))
        this.#problems.push(`a request left the origin: ${target}`);
    });
    page.on('websocket', (socket) => {
      if (!socket.url().startsWith(`${ws}/`))
        this.#problems.push(`a WebSocket left the origin: ${socket.url()}`);
    });
  }

  /** From now on its network may go: what the browser says of that is no problem. */
  mayLoseNetwork() {
    this.#mayLoseNetwork = true;
    return this;
  }

  /** Nothing went wrong in the page, and nothing left the origin. Closes it. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.#problems, []);
  }

  async open(hash = '') {
    await this.page.goto(`${this.url}/${hash}`);
    await this.page.waitForSelector('.sidebar-foot, .back');
  }

  /** Opens a room and joins it under this name, as somebody new does. */
  async join(room, nickname) {
    await this.open(`#/${room}`);
    await this.page.getByLabel('Your nickname').fill(nickname);
    await this.page.getByRole('button', { name: /^Join / }).click();
    await this.connected();
    return this;
  }

  /** Where one writes. */
  get box() {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  connected() {
    return this.state('connected');
  }
  /** Waits for this state of the connection: connecting, connected, waiting, ended. */
  state(name) {
    return this.page.waitForSelector(`.pill[data-state="${name}"]`);
  }

  async say(text) {
    await this.box.fill(text);
    if (this.phone) await this.page.getByRole('button', { name: 'Send' }).tap();
    else await this.page.keyboard.press('Enter');
  }

  /** Another tab of the same browser. `isCopy`: what duplicating this one makes. */
  async tab(hash = '', isCopy = false) {
    const page = await this.context.newPage();
    if (isCopy) {
      const kept = await this.page.evaluate(() => ({ ...sessionStorage }));
      await page.addInitScript((copy) => {
        if (sessionStorage.length > 0) return; // reloaded
        for (const [key, value] of Object.entries(copy)) sessionStorage.setItem(key, value);
      }, kept);
    }
    const other = new Visitor(this.context, page, this.url, this.phone);
    if (this.#mayLoseNetwork) other.mayLoseNetwork();
    await other.open(hash);
    return other;
  }
  /** Closes this tab alone, as people do: the page is told. */
  closeTab() {
    return this.page.close({ runBeforeUnload: true });
  }

  /** What this tab keeps under a name. */
  kept(name) {
    return this.page.evaluate((key) =>
      localStorage.getItem(`chatd.tab.${sessionStorage.getItem('chatd.tab')}.${key}`), name);
  }

  /** The row of a message that says this, once it is there. */
  row(text) {
    return this.page.locator('.messages-inner > ol:not(.unsent) > .message', { hasText: text });
  }
  sees(text) {
    return this.row(text).first().waitFor();
  }

  /** [{id, text}] of all rows that are in the page. */
  rows() {
    return this.page.$$eval('.message[data-id]', (rows) =>
      rows.map((row) => ({ id: row.dataset.id, text: row.querySelector('.text')?.textContent })));
  }
  /** Waits until this, and nothing else, waits to be sent. */
  async waits(texts) {
    const waiting = () =>
      this.page.$$eval('.message-unsent .text', (rows) => rows.map((row) => row.textContent));
    await until(async () => isDeepStrictEqual(await waiting(), texts), `${texts} to wait`);
  }

  /** Kept in build/screenshots, for somebody to look at. */
  async shot(name) {
    mkdirSync(shots, { recursive: true });
    await this.page.evaluate(() => document.fonts.ready);
    await this.page.screenshot({ path: path.join(shots, `${name}.png`), animations: 'disabled' });
  }

  /** What axe has against the page as it is now: nothing. */
  async isAccessible() {
    // Not as a script element: the page's own policy forbids that.
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return violations.map(({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.slice(0, 5).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
    });
    assert.deepEqual(found, []);
  }

  /** Nothing sticks out to the side. */
  async fitsItsWidth() {
    const [content, window] = await this.page.evaluate(
      () => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${content} px wide in a window of ${window}`);
  }
}
