// Rate limits as an operator gets them: on, without any flag.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertError, ChatNode } from './lib/node.mjs';

describe('rate limits', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start({ env: { CHATD_RATE_LIMITS: 'on' } })));
  after(() => node.stop());

  it('close a socket that does not slow down with 1008, after clear errors', async () => {
    const ada = await node.openSocket('general', 'Ada');
    for (let i = 0; i < 400; ++i) ada.say(`message ${i}`, `c${i}`);
    assert.equal((await ada.closed()).code, 1008);
    const errors = ada.frames.filter((f) => f.type === 'error');
    assert.ok(errors.length >= 50 && errors.length < 60, `${errors.length} errors`);
    for (const error of errors) {
      assertError(error, 'RATE_LIMITED');
      assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 100, `${error.retryAfterMs} ms`);
      assert.match(error.clientMessageId, /^c\d+$/);
    }
    const refused = new Set(errors.map((e) => e.clientMessageId));
    const stored = (await node.pollAll('general')).map((m) => m.text);
    for (const text of stored) assert.ok(!refused.has(text.replace('message ', 'c')), text);
    const { sessionId } = ada.handoff.credentials;
    const status = await node.must('chat-status', { sessionId });
    assert.equal(status.endedBy, 'rate');
  });

  it('answer too many streams of a command with 429 and Retry-After', async () => {
    let answer;
    for (let i = 0; i < 200 && answer?.status !== 429; i += 1) {
      answer = await node.request({ path: '/stream/chat-rooms' });
      if (answer.status === 429) assert.match(answer.text, /^data: \{"type":"error".*RATE_LIMITED/);
    }
    assert.equal(answer.status, 429);
    assert.match(answer.headers['retry-after'], /^\d+$/);
  });

  it('answer too many calls with 429 and Retry-After', async () => {
    const call = () => node.post('/rpc',
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chat-rooms' }));
    let answer;
    do answer = await call();
    while (answer.status === 200);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers['retry-after'], '1');
    const { error } = answer.json.result;
    assertError(error, 'RATE_LIMITED');
    assert.equal(error.retryable, true);
    assert.equal(error.details.retryAfterSeconds, 1);
    // Over MCP it is a failed tool call.
    const refused = [];
    for (let i = 0; i < 100; ++i)
      refused.push((await node.post('/message', JSON.stringify({
        jsonrpc: '2.0', id: i, method: 'tools/call', params: { name: 'chat-rooms' },
      }))).json.result.isError);
    assert.ok(refused.includes(true));
    // Doors that are no commands have no such limit.
    for (let i = 0; i < 100; ++i) assert.equal((await node.request({ path: '/health' })).status, 200);
  });
});
