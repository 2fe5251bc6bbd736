// What a tab keeps: it is there after a reload, the next tab goes on with what a closed one left,
// and two tabs never have the same.

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { load } from './lib/load.mjs';
import { memory } from './lib/world.mjs';

const { Tab, whoOf } = await load('chat/model/tab');

describe('a tab', () => {
  let machine;
  let time;
  let ids;
  beforeEach(() => {
    machine = memory();
    time = 1_000_000;
    ids = 0;
  });
  const open = (tab = memory(), who = '') =>
    new Tab({ tab, machine, now: () => time, newId: () => `id${++ids}` }, who);
  const copyOf = (kept) => {
    const copy = memory();
    for (const key of kept.keys()) copy.set(key, kept.get(key));
    return copy;
  };

  it('keeps what it has through a reload', () => {
    const tab = memory();
    const before = open(tab);
    before.kept.set('a', '1');
    before.close();
    assert.equal(open(tab).kept.get('a'), '1');
  });

  it('leaves what it has to the next one when it is closed', () => {
    const first = open();
    first.kept.set('a', '1');
    assert.equal(open().kept.get('a'), null, 'it is still open');
    first.close();
    assert.equal(open().kept.get('a'), '1');
    assert.equal(open().kept.get('a'), null, 'one goes on with it');
  });

  it('has nothing of the one it is a duplicate of', () => {
    const tab = memory();
    const first = open(tab);
    first.kept.set('a', '1');
    const second = open(copyOf(tab));
    assert.equal(second.kept.get('a'), null);
    second.kept.set('a', '2');
    assert.deepEqual([first.kept.get('a'), first.beat(), second.beat()], ['1', true, true]);
    // Both may be reloaded.
    first.close();
    assert.equal(open(tab).kept.get('a'), '1');
  });

  it('goes over to another one when it was silent for long, and notices', () => {
    const tab = memory();
    const frozen = open(tab);
    frozen.kept.set('a', '1');
    time += 100_000;
    assert.equal(open().kept.get('a'), null);
    time += 100_000;
    const next = open();
    assert.equal(next.kept.get('a'), '1');
    assert.equal(frozen.beat(), false);
    frozen.close();
    assert.equal(next.beat(), true);
    assert.equal(open(tab).kept.get('a'), null); // what it does then
  });

  it('finds what other closed ones left, once they do not come back', () => {
    const [first, second] = [open(), open()];
    first.kept.set('a', '1');
    second.kept.set('a', '2');
    second.close();
    const third = open(); // goes on as the second one
    first.close();
    assert.deepEqual(third.closedOnes(), []);
    time += 60_000;
    third.beat();
    const [left] = third.closedOnes();
    assert.equal(left.get('a'), '1');
    left.remove('a');
    assert.deepEqual(third.closedOnes().map((one) => one.get('a')), [null]);
    time += 8 * 86_400_000;
    third.beat();
    assert.deepEqual(third.closedOnes(), []);
    assert.ok(machine.keys().length <= 2);
  });

  it('has nothing of another user', () => {
    const ada = open(memory(), 'ada');
    ada.kept.set('a', '1');
    ada.close();
    time += 60_000;
    const eve = open(memory(), 'eve');
    assert.deepEqual([eve.kept.get('a'), eve.closedOnes().length], [null, 0]);
    const nobody = open(); // and gives the key later
    assert.equal(nobody.closedOnes().length, 0);
    nobody.become('ada');
    assert.equal(nobody.closedOnes()[0].get('a'), '1');
  });

  it('knows a user by the key, and by the token from one to the next', () => {
    const token = (claims) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    assert.equal(whoOf(null), '');
    assert.notEqual(whoOf('ck_one'), whoOf('ck_two'));
    assert.equal(whoOf(token({ sub: 'ada', exp: 1 })), whoOf(token({ sub: 'ada', exp: 2 })));
    assert.notEqual(whoOf(token({ sub: 'ada' })), whoOf(token({ sub: 'eve' })));
    assert.ok(whoOf('ck_secret').length < 9, 'nothing that tells the key');
  });
});
