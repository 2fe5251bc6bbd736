// What the page keeps of a room: in order, each message once, as it is now; and how it looks.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { load } from './lib/load.mjs';
import { id, memory, no, ok } from './lib/world.mjs';

const {
  RoomLog, OwnMessages, rowsOf, partsOf, isEmojiOnly, hueOf, initialsOf, parseRoute, hrefOf, keptIn,
  proposeId, wordsOf, wordsOfField,
} = await load('chat/model/log', 'chat/model/own', 'chat/model/room_id', 'shared/words', 'chat/model/rows',
  'chat/model/rich_text', 'chat/model/looks', 'chat/model/route', 'shared/kept');

/** A room with this many messages, as chat-history shows it. */
function roomOf(count) {
  const all = Array.from({ length: count }, (_, i) => ({
    id: id(i + 1), sender: 'Bob', text: `${i + 1}`, timestamp: new Date(i * 1000).toISOString(),
  }));
  const asked = [];
  const page = (from, to) => {
    const messages = all.slice(Math.max(0, from), to);
    return ok({
      messages, hasOlder: from > 0, hasNewer: to < all.length,
      oldestMessageId: messages[0]?.id, newestMessageId: messages.at(-1)?.id,
    });
  };
  const call = async (command, { limit, before, after, around }) => {
    asked.push({ before, after, around });
    const at = (wanted) => all.findIndex((one) => one.id === wanted);
    if (before) return page(at(before) - limit, at(before));
    if (after) return page(at(after) + 1, at(after) + 1 + limit);
    if (around && at(around) < 0) return no('VALIDATION_ERROR');
    if (around) return page(at(around) - limit / 2 + 1, at(around) + limit / 2 + 1);
    return page(all.length - limit, all.length);
  };
  const log = new RoomLog('general', call, new OwnMessages(memory(), 'general', () => ''));
  return { log, all, asked, ids: () => log.messages.map((one) => one.id) };
}
const message = (n, more = {}) => ({ id: id(n), sender: 'Bob', text: `${n}`, at: n * 1000, ...more });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => id(from + i));

describe('a log', () => {
  it('reads back to the first message', async () => {
    const { log, ids } = roomOf(250);
    await log.loadNewest();
    assert.deepEqual(ids(), range(151, 250));
    await Promise.all([log.loadOlder(), log.loadOlder()]); // once
    assert.deepEqual(ids(), range(51, 250));
    await log.loadOlder();
    assert.deepEqual([ids().length, log.hasOlder], [250, false]);
  });

  it('keeps what is said while a page is on its way', async () => {
    const { log, ids } = roomOf(10);
    const loading = log.loadNewest();
    log.receive(message(10));
    log.receive(message(11));
    await loading;
    log.receive(message(11));
    assert.deepEqual(ids(), range(1, 11));
  });

  it('has no hole where more was missed than is replayed', async () => {
    const { log, ids } = roomOf(900);
    log.receive(message(1));
    log.startOver();
    log.receive(message(500));
    await log.loadNewest(); // 801 to 900
    log.receive(message(501)); // the replay goes on
    log.receive(message(901));
    assert.deepEqual(ids(), range(801, 901));
    await log.loadOlder();
    assert.deepEqual(ids(), range(701, 901));
  });

  it('shows the surroundings of a message, and reads on to the newest', async () => {
    const { log, ids } = roomOf(400);
    await log.loadNewest();
    assert.equal(await log.showAround(id(120)), true);
    assert.deepEqual([ids()[0], ids().at(-1), log.hasNewer], [id(71), id(170), true]);
    log.receive(message(401)); // not in sight
    assert.equal(ids().at(-1), id(170));
    await log.loadNewer();
    assert.equal(log.hasNewer, true);
    await log.loadNewer(); // meets the newest page
    assert.deepEqual(ids(), range(71, 401));
    assert.equal(log.hasNewer, false);
    assert.equal(await log.showAround(id(9_999)), false);
    assert.equal(log.error.code, 'VALIDATION_ERROR');
  });

  it('begins anew where the room does not know what is here', async () => {
    const lost = { code: 'POSITION_LOST', message: 'lost' };
    const messages = [1, 2].map((n) => (
      { id: id(n), sender: 'Bob', text: `${n}`, timestamp: new Date(n).toISOString() }));
    const log = new RoomLog('general', async (command, { after, around }) => (after || around
      ? { ...ok({ messages: [], hasOlder: true, hasNewer: false }), warnings: [lost] }
      : ok({ messages, hasOlder: false, hasNewer: false, newestMessageId: id(2) })),
    new OwnMessages(memory(), 'general', () => ''));
    await log.loadNewest();
    log.receive(message(3));
    assert.equal(await log.showAround(id(4)), false);
    assert.equal(log.hasNewer, false);
    await log.loadLatest();
    assert.deepEqual(log.messages.map((one) => one.id), range(1, 2));
  });

  it('knows of changes before it knows the message', async () => {
    const { log } = roomOf(3);
    log.change(id(2), { at: 5e12, text: 'changed' });
    log.change(id(2), { at: 4e12, text: 'an older change' });
    log.change(id(3), { at: 5e12 });
    log.react(id(1), '🎉', 'Ada');
    await log.loadNewest();
    const [one, two, three] = log.messages;
    assert.deepEqual([...one.reactions.get('🎉')], ['Ada']);
    assert.deepEqual([two.text, two.editedAt], ['changed', 5e12]);
    assert.deepEqual([three.text, three.isDeleted], ['', true]);
    log.react(id(1), '🎉', 'Bob');
    assert.equal(log.messages[0].reactions.get('🎉').size, 2);
    assert.equal(log.messages[1], two); // who did not change is the same object
  });
});

describe('rows', () => {
  it('stand together by sender and time, apart by day and by what is new', () => {
    const day = 86_400_000;
    const noon = new Date(2026, 0, 5, 12).getTime();
    const at = (n, ms, more) => ({ ...message(n, more), at: noon + ms });
    const all = [
      at(1, 0), at(2, 1_000), at(3, 2_000, { sender: 'Ada' }), at(4, 400_000, { sender: 'Ada' }),
      at(5, 401_000, { sender: 'Ada' }), at(6, day, { sender: 'Ada' }),
    ];
    const rows = rowsOf(all, 0, 6, id(4));
    assert.deepEqual(rows.map((row) => row.isGrouped), [false, true, false, false, false, false]);
    assert.deepEqual(rows.map((row) => row.startsDay), [true, false, false, false, false, true]);
    assert.deepEqual(rows.map((row) => row.isFirstUnseen), [false, false, false, false, true, false]);
    assert.deepEqual(rowsOf(all, 1, 2, null)[0], rowsOf(all, 0, 6, null)[1]);
  });
});

describe('text', () => {
  const parts = (text) => partsOf(text, new Set(['ada'])).map(({ kind, text: of }) => [kind, of]);
  it('is shown as it is, but for links, code and names', () => {
    assert.deepEqual(parts('<b>no</b> & **no**'), [['text', '<b>no</b> & **no**']]);
    assert.deepEqual(parts('see https://a.example/x?y=1#z.'),
      [['text', 'see '], ['link', 'https://a.example/x?y=1#z'], ['text', '.']]);
    assert.deepEqual(parts('javascript:alert(1) http://'), [['text', 'javascript:alert(1) http://']]);
    assert.deepEqual(parts('javascript:www.a.example'), [
      ['text', 'javascript:'], ['link', 'www.a.example']]);
    assert.deepEqual(parts('a `b` ```c\nd```\ne'),
      [['text', 'a '], ['code', 'b'], ['text', ' '], ['block', 'd'], ['text', 'e']]);
    assert.deepEqual(parts('@Ada @eve mail@ada'), [['mention', '@Ada'], ['text', ' @eve mail@ada']]);
    assert.deepEqual(parts('`http://a.example`'), [['code', 'http://a.example']]);
  });
  it('has links with all that belongs to them, and nothing of the sentence around', () => {
    const links = (text) => partsOf(text, new Set()).filter(({ kind }) => kind === 'link')
      .map(({ text: shown, href }) => (href === shown ? shown : [shown, href]));
    const wiki = 'https://en.wikipedia.org/wiki/Emoji_(disambiguation)';
    for (const around of [wiki, `(${wiki})`, `see ${wiki}.`, `(see ${wiki}), or`, `“${wiki}”`, `${wiki}。好`, `[${wiki}](`])
      assert.deepEqual(links(around), [wiki], around);
    assert.deepEqual(links('https://a.example/[1]/{x}]'), ['https://a.example/[1]/{x}']);
    assert.deepEqual(links("https://a.example/it's 'https://b.example'"),
      ["https://a.example/it's", 'https://b.example']);
    assert.deepEqual(links('a https://a.example/x）和'), ['https://a.example/x']);
    assert.deepEqual(links('see www.example.org/a, WWW.B.EXAMPLE.'),
      [['www.example.org/a', 'https://www.example.org/a'], ['WWW.B.EXAMPLE', 'https://WWW.B.EXAMPLE']]);
    assert.deepEqual(links('awww.example www. www ada@www.example.org'),
      [['ada@www.example.org', 'mailto:ada@www.example.org']]);
    assert.deepEqual(links('Mail ada.l+x@mail.example.org, or (bob@b.example).'), [
      ['ada.l+x@mail.example.org', 'mailto:ada.l+x@mail.example.org'],
      ['bob@b.example', 'mailto:bob@b.example']]);
    assert.deepEqual(links('https://u@a.example/ @ada mail@ada a@b@c `x@y.example`'), ['https://u@a.example/']);
    for (const long of [')'.repeat(30_000), '('.repeat(30_000), 'a.'.repeat(15_000), 'a@'.repeat(15_000)])
      for (const before of ['', 'https://a.example/', 'www.']) {
        const text = before + long;
        assert.equal(partsOf(text, new Set()).map((part) => part.text).join(''), text);
      }
  });
  it('is large when it is a few emoji', () => {
    for (const yes of ['🎉', '❤️', '👍🏽👍', '👩‍👩‍👧 🎉']) assert.ok(isEmojiOnly(yes), yes);
    for (const no of ['', 'a', '🎉 yes', '12', '🎉🎉🎉🎉🎉']) assert.ok(!isEmojiOnly(no), no);
  });
});

describe("one's own messages", () => {
  it('are known after a reload and in another tab, to the same user', async () => {
    const machine = memory();
    let who = '';
    const open = () => new OwnMessages(machine, 'general', () => who);
    const [here, there] = [open(), open()];
    there.has(id(1));
    here.add(id(1));
    assert.ok(open().has(id(1)));
    assert.deepEqual(there.changed('chatd.seen.general'), []);
    assert.deepEqual(there.changed('chatd.own..general'), [id(1)]);
    there.add(id(2));
    here.add(id(3)); // does not forget what the other one said
    for (const n of [1, 2, 3]) assert.ok(open().has(id(n)), `${n}`);
    who = 'eve';
    assert.ok(!here.has(id(1)) && !open().has(id(3)));
    for (let n = 10; n < 1_000; ++n) here.add(id(n));
    assert.ok(open().has(id(999)) && !open().has(id(10)), 'the newest, so many');
  });
});

describe('small things', () => {
  it('each name gets an id that the node takes', () => {
    const of = (name, taken = []) => proposeId(name, 'ab12cd', (one) => taken.includes(one)).id;
    assert.equal(of(''), '');
    assert.equal(of('Böhm & Söhne'), 'bohm-sohne');
    assert.equal(of('Straße'), 'strasse');
    assert.equal(of('Garden', ['garden']), 'garden-ab12cd');
    for (const name of ['中文讨论', 'Чат', '🎉', '...', 'चर्चा', 'чат 2', '-'])
      assert.equal(of(name), 'room-ab12cd', name);
    assert.ok(proposeId('中文讨论', 'x', () => false).isMadeUp);
    for (const name of ['a'.repeat(100), 'ab '.repeat(60), '中'.repeat(100), 'a-'.repeat(50)])
      for (const taken of [[], [of(name)]])
        assert.match(of(name, taken), /^[A-Za-z0-9._-]{1,64}$/, name);
  });
  it('people read words and no commands, fields or schemas', async () => {
    const { readFileSync } = await import('node:fs');
    const table = readFileSync(new URL('../../model/failure.cpp', import.meta.url), 'utf8');
    const codes = [...table.matchAll(/row\{errc::\w+, "([A-Z_]+)", (true|false)/g)];
    assert.ok(codes.length > 30);
    const technical = /chat-|afd-|node-|expected|string|[a-z][A-Z]|JSON|HTTP|<=|>=|\bcall\b/;
    const problems = ['too_big', 'too_small', 'invalid_format', 'invalid_type', 'custom'].flatMap((code) =>
      ['nickname', 'roomId', 'name', 'description', 'text', 'maxParticipants'].map((path) => ({ path, code, message: 'Too big: expected string' })));
    for (const [, code, retryable] of codes)
      for (const errors of [undefined, [], problems]) {
        const error = { code, message: 'Call chat-rooms', suggestion: 'Use chat-x', retryable: retryable === 'true', details: { errors } };
        const { title, text } = wordsOf(error);
        assert.ok(title.length > 5 && !technical.test(`${title}. ${text.replace(code, '')}`), `${title}. ${text}`);
        for (const { path } of problems) assert.ok(!technical.test(wordsOfField(error, path) ?? ''));
      }
    const long = { code: 'VALIDATION_ERROR', message: 'x', details: { errors: [{ path: 'nickname', code: 'too_big', message: 'Too big' }] } };
    assert.match(wordsOfField(long, 'nickname'), /at most 50 characters/);
    assert.match(wordsOf(long).text, /at most 50 characters/);
  });
  it('names look the same each time', () => {
    assert.equal(hueOf('Ada'), hueOf('ada'));
    assert.ok(new Set(['Ada', 'Bob', 'Eve', 'Grace', 'Alan', 'Edsger'].map(hueOf)).size >= 4);
    assert.deepEqual(['ada lovelace', 'Bob', '🎉', '  ', 'Ångström Ø'].map(initialsOf),
      ['AL', 'B', '🎉', '?', 'ÅØ']);
  });
  it('routes', () => {
    assert.deepEqual(parseRoute(hrefOf('general')), { roomId: 'general' });
    assert.deepEqual(parseRoute(hrefOf('a.b-c_d', id(7))), { roomId: 'a.b-c_d', messageId: id(7) });
    for (const none of ['', '#/', '#/a b', '#/a/b', '#/../x', '#/a/m1'])
      assert.deepEqual(parseRoute(none), {});
  });
  it('storage that fails is no problem', () => {
    let works = false;
    const area = new Map();
    const kept = keptIn(() => {
      if (!works) throw new Error('off');
      return {
        getItem: (key) => area.get(key) ?? null,
        setItem: (key, value) => area.set(key, value),
        removeItem: (key) => area.delete(key),
      };
    });
    kept.set('a', '1');
    assert.equal(kept.get('a'), '1');
    works = true;
    kept.set('a', '2');
    assert.deepEqual([kept.get('a'), area.get('a')], ['2', '2']);
    kept.remove('a');
    assert.equal(kept.get('a'), null);
  });
});
