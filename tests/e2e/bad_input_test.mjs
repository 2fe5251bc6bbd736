// Everything wrong that a client can post: each gets an answer that says so, and the node goes on.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertError, ChatNode } from './lib/node.mjs';

const nest = (depth, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);
const call = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const MiB = 1024 * 1024;

describe('bad input', { timeout: 200_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  async function assertServing() {
    const health = await node.request({ path: '/health' });
    assert.equal(health.status, 200);
    assert.equal(health.json.status, 'ok');
  }

  // --- Bodies that are no call: the same at both doors -------------------------------------------

  const parseError = -32700;
  const invalidRequest = -32600;
  const bodies = [
    ['nothing', '', parseError],
    ['spaces', ' \r\n\t ', parseError],
    ['words', 'chat-rooms', parseError],
    ['a cut object', '{"jsonrpc":"2.0","id":1,"method":"chat-rooms"', parseError],
    ['a cut string', '{"jsonrpc":"2.0","id":1,"method":"chat-', parseError],
    ['two objects', `${call('chat-rooms')}${call('chat-rooms')}`, parseError],
    ['words behind it', `${call('chat-rooms')} thanks`, parseError],
    ['a trailing comma', '{"jsonrpc":"2.0","id":1,"method":"chat-rooms",}', parseError],
    ['single quotes', "{'method':'chat-rooms'}", parseError],
    ['keys without quotes', '{method:"chat-rooms"}', parseError],
    ['a comment', '{"method":"chat-rooms"} // please', parseError],
    ['NaN', '{"jsonrpc":"2.0","id":1,"method":"chat-poll","params":{"limit":NaN}}', parseError],
    ['hexadecimal', '{"jsonrpc":"2.0","id":1,"method":"chat-poll","params":{"limit":0x10}}',
      parseError],
    ['a leading zero', '{"jsonrpc":"2.0","id":1,"method":"chat-poll","params":{"limit":010}}',
      parseError],
    ['a form', 'method=chat-rooms&params=', parseError],
    ['XML', '<?xml version="1.0"?><methodCall/>', parseError],
    ['a byte order mark in UTF-16', Buffer.from('\ufeff{}', 'utf16le'), parseError],
    ['a raw NUL', `${call('chat-rooms')}\0`, parseError],
    ['NULs', Buffer.alloc(1000), parseError],
    ['bytes', Buffer.from(Array.from({ length: 256 }, (_, i) => i)), parseError],
    ['invalid UTF-8', Buffer.from('{"method":"chat-rooms","x":"\xff\xfe"}', 'latin1'), parseError],
    ['an overlong slash', Buffer.from('{"method":"chat\xc0\xafrooms"}', 'latin1'), parseError],
    ['a surrogate in UTF-8', Buffer.from('{"x":"\xed\xa0\x80"}', 'latin1'), parseError],
    ['a bad escape', '{"method":"chat\\-rooms"}', parseError],
    ['a line break in a string', '{"method":"chat-rooms\n"}', parseError],
    ['a bomb of brackets', '['.repeat(MiB), parseError],
    ['a bomb of objects', '{"a":'.repeat(200_000), parseError],
    ['a closed bomb', nest(MiB / 2), parseError],
    ['a bomb in params', `{"jsonrpc":"2.0","id":1,"method":"chat-rooms","params":${nest(50_000)}}`,
      parseError],
    ['a bomb as id', `{"jsonrpc":"2.0","id":${nest(100_000)},"method":"chat-rooms"}`, parseError],
    ['a bomb of quotes', '"'.repeat(MiB), parseError],
    ['a bomb of backslashes', `{"method":"${'\\'.repeat(MiB - 101)}"}`, parseError],
    ['null', 'null', invalidRequest],
    ['true', 'true', invalidRequest],
    ['a number', '42', invalidRequest],
    ['a string', '"chat-rooms"', invalidRequest],
    ['an empty list', '[]', invalidRequest],
    ['a list of too many calls', `[${Array(101).fill(call('chat-rooms'))}]`, invalidRequest],
    ['a wide list', `[${'0,'.repeat(400_000)}0]`, invalidRequest],
    ['an empty object', '{}', invalidRequest],
    ['no method', '{"jsonrpc":"2.0","id":1}', invalidRequest, 1],
    ['null as method', '{"jsonrpc":"2.0","id":"a","method":null}', invalidRequest, 'a'],
    ['a number as method', '{"jsonrpc":"2.0","id":1,"method":7}', invalidRequest, 1],
    ['a list as method', '{"jsonrpc":"2.0","id":1,"method":["chat-rooms"]}', invalidRequest, 1],
    ['an empty method', '{"jsonrpc":"2.0","id":1,"method":""}', invalidRequest, 1],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"chat-rooms"}', invalidRequest, 1],
    ['a number as version', '{"jsonrpc":2.0,"id":1,"method":"chat-rooms"}', invalidRequest, 1],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"chat-rooms"}', invalidRequest],
    ['a list as id', '{"jsonrpc":"2.0","id":[1],"method":"chat-rooms"}', invalidRequest],
    ['true as id', '{"jsonrpc":"2.0","id":true,"method":"chat-rooms"}', invalidRequest],
    ['a method in __proto__', '{"jsonrpc":"2.0","id":1,"__proto__":{"method":"chat-rooms"}}',
      invalidRequest, 1],
  ];
  for (const door of ['/rpc', '/message'])
    it(`as the body of POST ${door}`, async (t) => {
      for (const [what, body, code, id = null] of bodies)
        await t.test(what, async () => {
          const answer = await node.post(door, body);
          assert.equal(answer.status, 400, answer.text.slice(0, 300));
          assert.match(answer.headers['content-type'], /^application\/json/);
          assert.deepEqual(Object.keys(answer.json).sort(), ['error', 'id', 'jsonrpc']);
          assert.equal(answer.json.jsonrpc, '2.0');
          assert.deepEqual(answer.json.id, id);
          assertError(answer.json.error, code);
          assert.ok(answer.text.length < 2000, 'the answer is longer than its use');
          await assertServing();
        });
    });

  // --- Calls that are understood, but wrong ------------------------------------------------------

  const big = 'x'.repeat(500_000);
  const failures = [
    ['an unknown command', 'chat-roms', {}, 'COMMAND_NOT_FOUND'],
    ['a command in capitals', 'CHAT-ROOMS', {}, 'COMMAND_NOT_FOUND'],
    ['__proto__', '__proto__', {}, 'COMMAND_NOT_FOUND'],
    ['constructor', 'constructor', {}, 'COMMAND_NOT_FOUND'],
    ['a path', '../../etc/passwd', {}, 'COMMAND_NOT_FOUND'],
    ['an endless name', big, {}, 'COMMAND_NOT_FOUND'],
    ['a name with a NUL', 'chat-rooms\0', {}, 'COMMAND_NOT_FOUND'],
    ['a name of emoji', '💬'.repeat(100), {}, 'COMMAND_NOT_FOUND'],
    ['a list as input', 'chat-rooms', [], 'VALIDATION_ERROR'],
    ['a string as input', 'chat-rooms', 'general', 'VALIDATION_ERROR'],
    ['a number as input', 'chat-rooms', 5, 'VALIDATION_ERROR'],
    ['nothing', 'chat-send', {}, 'VALIDATION_ERROR'],
    ['null as roomId', 'chat-poll', { roomId: null }, 'VALIDATION_ERROR'],
    ['a number as roomId', 'chat-poll', { roomId: 1 }, 'VALIDATION_ERROR'],
    ['a list as roomId', 'chat-poll', { roomId: ['general'] }, 'VALIDATION_ERROR'],
    ['an object as roomId', 'chat-poll', { roomId: { $ne: '' } }, 'VALIDATION_ERROR'],
    ['an empty roomId', 'chat-poll', { roomId: '' }, 'VALIDATION_ERROR'],
    ['an endless roomId', 'chat-poll', { roomId: big }, 'VALIDATION_ERROR'],
    ['roomId __proto__', 'chat-poll', { roomId: '__proto__' }, 'ROOM_NOT_FOUND'],
    ['a path as roomId', 'chat-poll', { roomId: '../general' }, 'ROOM_NOT_FOUND'],
    ['a roomId with a NUL', 'chat-poll', { roomId: 'general\0' }, 'ROOM_NOT_FOUND'],
    ['a roomId in capitals', 'chat-poll', { roomId: 'GENERAL' }, 'ROOM_NOT_FOUND'],
    ['a new room with spaces', 'chat-room-create', { roomId: 'a b' }, 'VALIDATION_ERROR'],
    ['a new room with a slash', 'chat-room-create', { roomId: 'a/b' }, 'VALIDATION_ERROR'],
    ['a new room of 65', 'chat-room-create', { roomId: 'x'.repeat(65) }, 'VALIDATION_ERROR'],
    ['a new room for nobody', 'chat-room-create', { roomId: 'r', maxParticipants: 0 },
      'VALIDATION_ERROR'],
    ['a new room for too many', 'chat-room-create', { roomId: 'r', maxParticipants: 1_000_001 },
      'VALIDATION_ERROR'],
    ['a new room for fewer than none', 'chat-room-create', { roomId: 'r', maxParticipants: -1 },
      'VALIDATION_ERROR'],
    ['half a participant', 'chat-room-create', { roomId: 'r', maxParticipants: 1.5 },
      'VALIDATION_ERROR'],
    ['true participants', 'chat-room-create', { roomId: 'r', maxParticipants: true },
      'VALIDATION_ERROR'],
    ['no text', 'chat-send', { roomId: 'general' }, 'VALIDATION_ERROR'],
    ['an empty text', 'chat-send', { roomId: 'general', text: '' }, 'VALIDATION_ERROR'],
    ['a text of 2001', 'chat-send', { roomId: 'general', text: 'x'.repeat(2001) },
      'VALIDATION_ERROR'],
    ['a text of 2002 units of emoji', 'chat-send',
      { roomId: 'general', text: '🎉'.repeat(1001) }, 'VALIDATION_ERROR'],
    ['an endless text', 'chat-send', { roomId: 'general', text: big }, 'VALIDATION_ERROR'],
    ['a number as text', 'chat-send', { roomId: 'general', text: 1 }, 'VALIDATION_ERROR'],
    ['a deep text', 'chat-send', { roomId: 'general', text: [[[['x']]]] }, 'VALIDATION_ERROR'],
    ['an empty clientMessageId', 'chat-send',
      { roomId: 'general', text: 'x', clientMessageId: '' }, 'VALIDATION_ERROR'],
    ['an endless clientMessageId', 'chat-send',
      { roomId: 'general', text: 'x', clientMessageId: big }, 'VALIDATION_ERROR'],
    ['an empty nickname', 'chat-connect', { roomId: 'general', nickname: '' },
      'VALIDATION_ERROR'],
    ['a nickname of 51', 'chat-connect', { roomId: 'general', nickname: 'x'.repeat(51) },
      'VALIDATION_ERROR'],
    ['a nickname of 26 emoji', 'chat-connect', { roomId: 'general', nickname: '🦊'.repeat(26) },
      'VALIDATION_ERROR'],
    ['a since without digits', 'chat-poll', { roomId: 'general', since: 'm00000000000000ab' },
      'VALIDATION_ERROR'],
    ['an empty since', 'chat-poll', { roomId: 'general', since: '' }, 'VALIDATION_ERROR'],
    ['a since of another form', 'chat-poll', { roomId: 'general', since: '-1' },
      'VALIDATION_ERROR'],
    ['a limit of 0', 'chat-poll', { roomId: 'general', limit: 0 }, 'VALIDATION_ERROR'],
    ['a limit of 101', 'chat-poll', { roomId: 'general', limit: 101 }, 'VALIDATION_ERROR'],
    ['a limit below 0', 'chat-poll', { roomId: 'general', limit: -5 }, 'VALIDATION_ERROR'],
    ['a broken limit', 'chat-poll', { roomId: 'general', limit: 1.5 }, 'VALIDATION_ERROR'],
    ['a limit in words', 'chat-poll', { roomId: 'general', limit: '50' }, 'VALIDATION_ERROR'],
    ['a huge limit', 'chat-poll', { roomId: 'general', limit: 1e300 }, 'VALIDATION_ERROR'],
    ['an unknown session', 'chat-status', { sessionId: 'sess-123' }, 'SESSION_NOT_FOUND'],
    ['a session of emoji', 'chat-status', { sessionId: '🎉' }, 'SESSION_NOT_FOUND'],
    ['an empty session', 'chat-status', { sessionId: '' }, 'VALIDATION_ERROR'],
    ['an endless session', 'chat-status', { sessionId: big }, 'VALIDATION_ERROR'],
    ['an unknown format', 'afd-help', { format: 'loud' }, 'VALIDATION_ERROR'],
  ];
  const through = {
    '/rpc': {
      body: (name, input) => call(name, input),
      result: (answer) => answer.json.result,
    },
    '/message': {
      body: (name, input) => call('tools/call', { name, arguments: input }),
      result: (answer) => {
        assert.equal(answer.json.result.isError, true);
        return answer.json.result.structuredContent;
      },
    },
  };
  for (const [door, { body, result }] of Object.entries(through))
    it(`as a command through POST ${door}`, async (t) => {
      for (const [what, name, input, code] of failures)
        await t.test(what, async () => {
          const answer = await node.post(door, body(name, input));
          const isObject = typeof input === 'object' && !Array.isArray(input);
          if (door === '/message' && !isObject) { // JSON-RPC's own business there
            assertError(answer.json.error, -32602);
          } else {
            assert.equal(answer.status, 200, answer.text.slice(0, 300));
            assert.equal(answer.json.id, 1);
            const failed = result(answer);
            assert.equal(failed.success, false);
            assertError(failed.error, code);
            if (code === 'VALIDATION_ERROR') {
              const [first] = failed.error.details.errors;
              for (const field of ['path', 'message', 'code'])
                assert.equal(typeof first[field], 'string');
            }
          }
          assert.ok(answer.text.length < 8000, 'the answer is longer than its use');
          await assertServing();
        });
    });

  // What JSON.stringify cannot write.
  const raw = (params) => `{"jsonrpc":"2.0","id":1,"method":"chat-send","params":${params}}`;
  const rawInputs = [
    ['a lone high surrogate', '{"roomId":"general","text":"a\\ud83d"}'],
    ['a lone low surrogate', '{"roomId":"general","text":"\\udc00a"}'],
    ['surrogates in the wrong order', '{"roomId":"general","text":"\\udc00\\ud83d"}'],
    ['a text in __proto__', '{"roomId":"general","__proto__":{"text":"x"}}'],
    ['a text in constructor', '{"roomId":"general","constructor":{"prototype":{"text":"x"}}}'],
    ['an infinite number', '{"roomId":"general","text":1e999}'],
    ['a number of 1000 digits', `{"roomId":"general","text":${'9'.repeat(1000)}}`],
    ['a lone surrogate as a key', '{"roomId":"general","\\ud83d":1}'],
  ];
  it('as a text that is none', async (t) => {
    for (const [what, params] of rawInputs)
      await t.test(what, async () => {
        const answer = await node.post('/rpc', raw(params));
        // Whether the parser or the command refuses it is theirs to decide.
        assert.ok([200, 400].includes(answer.status), answer.text);
        assertError(answer.json.error ?? answer.json.result.error);
        assert.ok(!answer.json.result?.success);
        await assertServing();
      });
    assert.deepEqual(await node.pollAll('general'), [], 'something of it was stored');
  });

  // --- Odd, but right ----------------------------------------------------------------------------

  it('is told from odd input', async (t) => {
    const roomId = 'odd';
    await node.must('chat-room-create', { roomId });
    const send = (text) => `{"roomId":"odd","text":${text}}`;
    const rows = [
      ['a NUL as escape', send('"a\\u0000b"'), 'a\0b'],
      ['a pair of surrogates as escapes', send('"\\ud83c\\udf89"'), '🎉'],
      ['escaped slashes', send('"\\/\\"\\\\"'), '/"\\'],
      ['a noncharacter', send('"\\uffff"'), '\uffff'],
      ['a key twice', '{"roomId":"odd","text":"first","text":"second"}', /^(first|second)$/],
      ['a key as escapes', '{"\\u0072oomId":"odd","text":"escaped"}', 'escaped'],
      ['__proto__ beside it', '{"__proto__":{"x":1},"roomId":"odd","text":"proto"}', 'proto'],
      ['deep extras', `{"x":${nest(20)},"roomId":"odd","text":"deep"}`, 'deep'],
      ['a thousand extras',
        `{${Array.from({ length: 1000 }, (_, i) => `"k${i}":0`).join()},"roomId":"odd","text":"many"}`,
        'many'],
    ];
    for (const [what, params, expected] of rows)
      await t.test(what, async () => {
        const answer = await node.post('/rpc', raw(params));
        assert.equal(answer.json.result?.success, true, answer.text);
        assert.ok(answer.text.length < 8000, 'the answer is longer than its use');
        const { text } = (await node.pollAll(roomId)).at(-1);
        if (typeof expected === 'string') assert.equal(text, expected);
        else assert.match(text, expected);
      });
    const limits = [['5.0', true], ['1e1', true], ['100', true], ['1.00000001', false],
      ['99999999999999999999', false], ['-0', false], ['1e-5', false], ['18446744073709551616', false],
      ['9223372036854775807', false], ['-9223372036854775809', false], ['1e18', false], ['1e19', false]];
    for (const [limit, good] of limits)
      await t.test(`a limit of ${limit}`, async () => {
        const body = `{"id":1,"method":"chat-poll","params":{"roomId":"odd","limit":${limit}}}`;
        const answer = await node.post('/rpc', body);
        if (answer.status === 200) assert.equal(answer.json.result.success, good, answer.text);
        else assert.ok(!good && answer.status === 400, answer.text);
        await assertServing();
      });
  });

  it('has its id echoed whatever it is', async () => {
    const ids = ['1', '0', '-1', '1.5', '"a"', '""', 'null', '"\\u0000"', '9007199254740993',
      '123456789012345678901234567890', '"__proto__"', '"🎉"', `"${'i'.repeat(1000)}"`];
    for (const door of ['/rpc', '/message'])
      for (const id of ids) {
        const method = door === '/rpc' ? 'chat-rooms' : 'ping';
        const answer = await node.post(door, `{"jsonrpc":"2.0","id":${id},"method":"${method}"}`);
        assert.equal(answer.status, 200, answer.text);
        const echoed = answer.text.includes(`"id":${id}`) ||
          answer.json.id === JSON.parse(id); // written another way
        assert.ok(echoed, `${id}: ${answer.text.slice(0, 200)}`);
      }
  });

  it('is answered with 202 when it is a notification', async () => {
    for (const [door, method] of [['/rpc', 'chat-rooms'], ['/rpc', 'no-such-command'],
      ['/message', 'notifications/initialized'], ['/message', 'notifications/whatever'],
      ['/message', 'no/such/method']]) {
      const answer = await node.post(door, JSON.stringify({ jsonrpc: '2.0', method }));
      assert.deepEqual([answer.status, answer.text], [202, ''], `${door} ${method}`);
    }
  });

  it('as an MCP method or its params', async (t) => {
    const rows = [
      ['an unknown method', 'tools/steal', {}, -32601],
      ['a command as method', 'chat-rooms', {}, -32601],
      ['no params', 'tools/call', undefined, -32602],
      ['no name', 'tools/call', {}, -32602],
      ['null as name', 'tools/call', { name: null }, -32602],
      ['a list as params', 'tools/call', ['chat-rooms'], -32602],
      ['a number as name', 'tools/call', { name: 1, arguments: {} }, -32602],
      ['a list as arguments', 'tools/call', { name: 'chat-rooms', arguments: [] }, -32602],
      ['a string as arguments', 'tools/call', { name: 'chat-rooms', arguments: '{}' }, -32602],
    ];
    for (const [what, method, params, code] of rows)
      await t.test(what, async () => {
        const answer = await node.post('/message', call(method, params));
        assert.equal(answer.json.id, 1);
        assertError(answer.json.error, code);
        await assertServing();
      });
  });

  // --- HTTP --------------------------------------------------------------------------------------

  const post = (headers, body = call('chat-rooms'), path = '/rpc') =>
    ({ method: 'POST', path, body, headers: { 'Content-Length': Buffer.byteLength(body), ...headers } });
  const json = { 'Content-Type': 'application/json' };
  const requests = [
    ['text/plain', post({ 'Content-Type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form', post({ 'Content-Type': 'application/x-www-form-urlencoded' }), 415,
      'UNSUPPORTED_MEDIA_TYPE'],
    ['a type that begins like JSON', post({ 'Content-Type': 'application/json-seq' }), 415,
      'UNSUPPORTED_MEDIA_TYPE'],
    ['a multipart', post({ 'Content-Type': 'multipart/form-data; boundary=application/json' }), 415,
      'UNSUPPORTED_MEDIA_TYPE'],
    ['text/plain at /message', post({ 'Content-Type': 'text/plain' }, call('ping'), '/message'),
      415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unknown path', { path: '/nothing' }, 404, 'NOT_FOUND'],
    ['a path upwards', { path: '/../../etc/passwd' }, 404, 'NOT_FOUND'],
    ['a path that is almost one', { path: '/rpc//' }, 404, 'NOT_FOUND'],
    ['a path of bytes', { path: '/%ff%fe' }, 404, 'NOT_FOUND'],
    ['a path with a NUL', { path: '/rpc%00' }, 404, 'NOT_FOUND'],
    ['a path with a bad escape', { path: '/%zz' }, 400, 'INVALID_REQUEST'],
    ['a cut escape', { path: '/rpc%2' }, 400, 'INVALID_REQUEST'],
    ['a long path', { path: `/${'x'.repeat(8000)}` }, 404, 'NOT_FOUND'],
    ['GET /rpc', { path: '/rpc' }, 405, 'METHOD_NOT_ALLOWED'],
    ['GET /message', { path: '/message' }, 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE /health', { method: 'DELETE', path: '/health' }, 405, 'METHOD_NOT_ALLOWED'],
    ['PUT /rpc', { ...post(json), method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['PATCH /rpc', { ...post(json), method: 'PATCH' }, 405, 'METHOD_NOT_ALLOWED'],
    ['POST /health', post(json, '{}', '/health'), 405, 'METHOD_NOT_ALLOWED'],
    ['POST /sse', post(json, '{}', '/sse'), 405, 'METHOD_NOT_ALLOWED'],
    ['a foreign Origin', post({ ...json, Origin: 'https://evil.example' }), 403, 'ORIGIN_REFUSED'],
    ['Origin null', post({ ...json, Origin: 'null' }), 403, 'ORIGIN_REFUSED'],
    ['a foreign Host', post({ ...json, Host: 'evil.example' }), 403, 'HOST_REFUSED'],
    ['a Host that looks like ours', post({ ...json, Host: '127.0.0.1.evil.example' }), 403,
      'HOST_REFUSED'],
    ['a page of another site', post({ ...json, 'Sec-Fetch-Site': 'cross-site' }), 403,
      'ORIGIN_REFUSED'],
    ['a foreign Origin at /health', { path: '/health', headers: { Origin: 'http://evil.example' } },
      403, 'ORIGIN_REFUSED'],
    ['a head of 17 KiB', { path: '/health', headers: { 'X-Filler': 'x'.repeat(17 * 1024) } }, 431,
      'HEADER_TOO_LARGE'],
    ['a path of 17 KiB', { path: `/health?${'x'.repeat(17 * 1024)}` }, 431, 'HEADER_TOO_LARGE'],
    ['an unknown expectation', post({ ...json, Expect: 'the unexpected' }), 417, 'INVALID_REQUEST'],
  ];
  it('in HTTP', async (t) => {
    for (const [what, request, status, code] of requests)
      await t.test(what, async () => {
        const answer = await node.request(request);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.headers['content-type'], /^application\/json/);
        assertError(answer.json.error, code);
        if (status === 405) assert.ok(answer.headers.allow, 'no Allow header');
        await assertServing();
      });
  });

  it('of 1 MiB and one byte is too big, of 1 MiB not', async () => {
    const fill = (size) => {
      const empty = call('chat-rooms', { x: '' });
      return empty.replace('""', `"${'x'.repeat(size - empty.length)}"`);
    };
    for (const door of ['/rpc', '/message']) {
      const big = await node.post(door, fill(MiB + 1));
      assert.equal(big.status, 413);
      assertError(big.json.error, 'PAYLOAD_TOO_LARGE');
      const full = await node.post(door, fill(MiB));
      assert.equal(full.status, 200);
      // As chunks, without a length to refuse at once.
      const chunked = await node.request({
        method: 'POST', path: door, body: fill(MiB + 1),
        headers: { ...json, 'Transfer-Encoding': 'chunked' },
      });
      assert.equal(chunked.status, 413);
      assertError(chunked.json.error, 'PAYLOAD_TOO_LARGE');
      await assertServing();
    }
  });

  it('in chunks is as good as in one piece', async () => {
    const answer = await node.request({
      method: 'POST', path: '/rpc', body: call('chat-rooms'),
      headers: { ...json, 'Transfer-Encoding': 'chunked' },
    });
    assert.equal(answer.json.result.success, true);
  });

  // Bytes that no HTTP library sends. The first line of the answer tells.
  const head = (line, ...fields) => `${[line, 'Host: localhost', ...fields].join('\r\n')}\r\n\r\n`;
  const body = call('chat-rooms');
  const rawRequests = [
    ['no length', head('POST /rpc HTTP/1.1', 'Content-Type: application/json'), 411],
    ['two lengths', head('POST /rpc HTTP/1.1', 'Content-Length: 5', 'Content-Length: 6') + body, 400],
    ['a length in words', head('POST /rpc HTTP/1.1', 'Content-Length: five') + body, 400],
    ['a length below 0', head('POST /rpc HTTP/1.1', 'Content-Length: -1') + body, 400],
    ['a length beyond reason', head('POST /rpc HTTP/1.1', `Content-Length: ${'9'.repeat(40)}`), 400],
    ['a length of 1 TiB', head('POST /rpc HTTP/1.1', 'Content-Length: 1099511627776'), 413],
    ['chunks and a length', head('POST /rpc HTTP/1.1', 'Content-Length: 5',
      'Transfer-Encoding: chunked') + '0\r\n\r\n', 400],
    ['an unknown coding', head('POST /rpc HTTP/1.1', 'Transfer-Encoding: gzip') + body, 501],
    ['a bad chunk', head('POST /rpc HTTP/1.1', 'Transfer-Encoding: chunked') + 'zz\r\n\r\n', 400],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', head('GET /health HTTP/1.1', 'Host: localhost'), 400],
    ['an empty Host', 'GET /health HTTP/1.1\r\nHost:\r\n\r\n', 403],
    ['a header without colon', head('GET /health HTTP/1.1', 'nonsense'), 400],
    ['a space before the colon', head('GET /health HTTP/1.1', 'X-Y : z'), 400],
    ['a folded header', head('GET /health HTTP/1.1', 'X-Y: a', ' b'), [200, 400]],
    ['a NUL in a header', head('GET /health HTTP/1.1', 'X-Y: a\0b'), 400],
    ['another protocol', head('GET /health SPDY/3'), 400],
    ['HTTP/2 at once', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
    ['bytes', Buffer.from([0, 1, 2, 255, 254, 10, 13, 10]), 400],
    ['no version', 'GET /health\r\n\r\n', 400],
    ['ten thousand headers', head('GET /health HTTP/1.1', ...Array(10_000).fill('A: b')), 431],
    ['a line without end', `GET /${'x'.repeat(100_000)}`, 431],
  ];
  it('in the bytes of a request', async (t) => {
    for (const [what, bytes, status] of rawRequests)
      await t.test(what, async () => {
        const answer = await node.exchange(bytes);
        const [first] = answer.split('\r\n');
        const expected = [status].flat();
        assert.ok(expected.some((one) => first.startsWith(`HTTP/1.1 ${one} `)),
          `expected ${expected}: ${answer.slice(0, 400)}`);
        if (!expected.includes(200))
          assertError(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error);
        await assertServing();
      });
  });

  it('does not spoil what is pipelined before it', async () => {
    const good = head('GET /health HTTP/1.1');
    const answer = await node.exchange(`${good}${good}nonsense\r\n\r\n`);
    const lines = answer.match(/HTTP\/1\.1 \d+/g);
    assert.deepEqual(lines, ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('is counted, and leaves no connection behind', async () => {
    const status = await node.must('node-status');
    assert.ok(status.commands.failed > 0);
    assert.ok(status.http.refused > 0);
    assert.ok(status.connections.open < 20, `${status.connections.open} connections are open`);
    assert.deepEqual(await node.pollAll('general'), []);
    assert.doesNotMatch(node.stderr, /critical|terminate|assert|INTERNAL/i);
  });
});
