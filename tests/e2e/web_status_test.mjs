// The operator's page in a real browser: it shows what goes on, finds sessions and ends them, and
// says so when the node is gone.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { ChatNode, chatd } from './lib/node.mjs';
import { until } from './lib/wait.mjs';

const bench = path.join(path.dirname(chatd), 'chat-bench'); // sanitized builds have none

describe("the operator's page", { timeout: 240_000 }, () => {
  let browser;
  const nodes = [];
  before(async () => (browser = await Browser.start()));
  after(async () => {
    await browser?.stop();
    for (const node of nodes) node.dispose(); // of tests that failed
  });
  const start = async (options) => {
    nodes.push(await ChatNode.start(options));
    return nodes.at(-1);
  };

  const visit = async (node, look) => {
    const visitor = await browser.visitor(node.url, look);
    await visitor.page.goto(`${node.url}/status`);
    return visitor;
  };
  const isUp = (visitor) => visitor.page.waitForSelector('.pill[data-state="up"]');
  /** What a plot's line is now, as a number; nothing before there are two looks. */
  const now = async (visitor, plot, line) => {
    const label = await visitor.page.getByRole('img', { name: new RegExp(`^${plot}: `) })
      .getAttribute('aria-label');
    const [, figure, unit] = label.match(new RegExp(`${line} ([0-9.]+)([KM]?)`)) ?? [];
    return figure === undefined ? undefined : Number(figure) * ({ K: 1e3, M: 1e6 }[unit] ?? 1);
  };

  it('plots a node under load, in light and dark, wide and narrow', async () => {
    const node = await start({ args: ['--rate-limits', 'off'] });
    const load = existsSync(bench)
      ? spawn(bench, ['fanout', '--url', node.url, '--rooms', '6', '--members', '20',
        '--senders', '2', '--rate', '2000', '--seconds', '8'], { stdio: 'ignore' })
      : undefined;
    const talk = await node.openSocket('general', 'Ada');
    const talking = setInterval(() => talk.say('words'), 20);
    const [light, dark, phone] = await Promise.all(
      [{}, { dark: true }, { phone: true }].map((look) => visit(node, look)));
    for (const visitor of [light, dark, phone]) await isUp(visitor);
    await until(async () => await now(light, 'Messages in', 'stored') > 0, 'messages to be plotted');
    await until(async () => await now(light, 'Deliveries', 'sent to members') > 0, 'deliveries');
    assert.ok(await now(light, 'Memory', 'resident') > 5);
    assert.ok(await now(light, 'Commit latency', '99 of 100') > 0);
    assert.ok(await now(light, 'Connections', 'WebSockets') >= 1);
    await light.page.locator('[data-room="general"]').waitFor();
    await new Promise((resolve) => setTimeout(resolve, 4500)); // some points to look at
    // The plots are drawn: there is more than one colour in each.
    const colours = await light.page.$$eval('.plot canvas', (all) => all.map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }));
    assert.equal(colours.length, 12);
    for (const seen of colours) assert.ok(seen > 2, `${colours}`);
    for (const [visitor, name] of [[light, 'light'], [dark, 'dark'], [phone, 'phone']]) {
      await visitor.shot(`status-${name}`);
      await visitor.fitsItsWidth();
      await visitor.isAccessible();
      await visitor.leave();
    }
    clearInterval(talking);
    load?.kill();
    await node.stop();
  });

  it('finds a session, shows it and ends it', async () => {
    const node = await start();
    const ada = await node.openSocket('general', 'Ada Lovelace');
    for (let i = 0; i < 25; ++i) await node.must('chat-connect', { roomId: 'random', nickname: `guest ${i}` });
    const operator = await visit(node);
    await isUp(operator);
    const rows = operator.page.locator('[data-session]');
    await until(async () => await rows.count() === 20, 'a page of sessions');
    await operator.page.getByRole('button', { name: 'More' }).click();
    await until(async () => await rows.count() === 26, 'the rest');
    await operator.page.getByLabel('Search sessions').fill('ada love');
    await until(async () => await rows.count() === 1, 'only hers');
    await operator.page.getByRole('button', { name: 'Look at the session of Ada Lovelace' }).click();
    const dialog = operator.page.getByRole('dialog');
    await dialog.getByText(ada.handoff.credentials.sessionId).waitFor();
    await operator.isAccessible();
    await operator.shot('status-session');
    await dialog.getByRole('button', { name: 'End the session' }).click();
    assert.equal((await node.must('chat-status', { sessionId: ada.handoff.credentials.sessionId })).state,
      'connected'); // one has to be sure
    await dialog.getByRole('button', { name: 'End it now' }).click();
    assert.equal((await ada.closed()).code, 4006);
    await operator.page.locator('.state[data-state="closed"]').waitFor();
    await operator.leave();
    await node.stop();
  });

  it('shows sessions as soon as its figures do, and never that there are none', async () => {
    const node = await start();
    const operator = await visit(node);
    await isUp(operator);
    await operator.page.getByText('There are no sessions yet').waitFor();
    // The figures and the list come by different calls: at no moment do they contradict each other.
    await operator.page.evaluate(() => {
      window.contradictions = [];
      new MutationObserver(() => {
        const text = document.body.textContent;
        const [, connected] = /sessions connected(\d+)/.exec(text) ?? [];
        if (Number(connected) > 0 && /There are no/.test(text)) window.contradictions.push(connected);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    for (let i = 0; i < 30; ++i) await node.openSocket('general', `guest ${i}`);
    const rows = operator.page.locator('[data-session]');
    await until(async () => await rows.count() === 20, 'the sessions, by themselves');
    await operator.page.getByLabel('in state').selectOption('connected');
    await until(async () => await rows.count() === 20, 'those that are connected');
    assert.deepEqual(await operator.page.evaluate(() => window.contradictions), []);
    await operator.page.getByLabel('in state').selectOption('expired');
    await operator.page.getByText('There are no such sessions').waitFor();
    await operator.page.getByLabel('in state').selectOption('');
    await until(async () => await rows.count() === 20, 'all of them');
    await operator.leave();
    await node.stop();
  });

  it('asks for a key of an admin, and takes no other', async () => {
    const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-web-'));
    const key = (user, scope) => execFileSync(chatd,
      ['key', 'add', '--data', data, '--user', user, '--scope', scope],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const [ada, root] = [key('ada', 'write'), key('root', 'admin')];
    const node = await start({ args: ['--auth', 'keys'], data });
    const operator = (await browser.visitor(node.url)).mayLoseNetwork(); // 401 is told as an error
    await operator.page.goto(`${node.url}/status`);
    const give = async (text) => {
      await operator.page.getByLabel('Key').fill(text);
      await operator.page.getByRole('button', { name: 'Continue' }).click();
    };
    await give('nonsense');
    await operator.page.getByText('The node does not know this key').waitFor();
    await give(ada);
    await operator.page.getByText(/admin/).first().waitFor();
    await give(root);
    await isUp(operator);
    await operator.leave();
    await node.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it('says that the node is gone, and goes on when it is back', async () => {
    const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-web-'));
    let node = await start({ data });
    const operator = (await visit(node)).mayLoseNetwork();
    await isUp(operator);
    const { port } = node;
    await node.kill();
    await operator.page.waitForSelector('.pill[data-state="lost"]');
    await operator.page.getByText('The node cannot be reached').first().waitFor();
    node = await start({ data, args: ['--listen', `127.0.0.1:${port}`] });
    await isUp(operator);
    await operator.leave();
    await node.stop();
    rmSync(data, { recursive: true, force: true });
  });
});
