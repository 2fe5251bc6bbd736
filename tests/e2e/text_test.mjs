// Text of the world and JSON as others write it: every door takes what the standards allow, refuses
// what is broken where it is broken, and finds what is said in any script.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertError, ChatNode, chatd } from './lib/node.mjs';
import { patience, withDeadline } from './lib/wait.mjs';

const broken = 'cut \\ud83d'; // as it stands in JSON
const brokenSend = `{"roomId":"general","text":"${broken}"}`;
const goodSend = '{"roomId":"general","text":"whole"}';

describe('text of the world', { timeout: 200_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  function assertRefused(result, path, code = 'VALIDATION_ERROR') {
    assert.equal(result.success, false, JSON.stringify(result));
    assertError(result.error, code);
    assert.equal(result.error.details.errors[0].path, path);
  }

  async function mcp(body, door = '/message') {
    const headers = door === '/mcp' ? { Accept: 'application/json, text/event-stream' } : {};
    return node.post(door, body, headers);
  }

  describe('a lone surrogate', () => {
    const call = (id, input) => `{"id":${id},"method":"chat-send","params":${input}}`;

    it('is refused under its id at /rpc', async () => {
      for (const id of ['1', '"a"', '12345678901234567890123', '"\\udc00"']) {
        const answer = await node.post('/rpc', call(id, brokenSend));
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.text.includes(`"id":${id}`), answer.text);
        assertRefused(answer.json.result, 'text');
      }
    });

    it('is refused under its id over MCP', async () => {
      const body = (input) =>
        `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"chat-send","arguments":${input}}}`;
      const answer = await mcp(body(brokenSend));
      assert.equal(answer.json.id, 7);
      assert.equal(answer.json.result.isError, true);
      assertRefused(answer.json.result.structuredContent, 'text');
    });

    it('costs a batch that command only', async () => {
      const commands = [goodSend, brokenSend, goodSend, '{"roomId":"general","text":"x","\\udc00":1}']
        .map((input) => `{"command":"chat-send","input":${input}}`);
      const body = `{"commands":[${commands}]}`;
      for (const batch of [
        async () => (await node.post('/batch', body)).json,
        async () => (await node.post('/rpc', `{"id":1,"method":"afd-batch","params":${body}}`)).json.result,
      ]) {
        const { results } = await batch();
        assert.deepEqual(results.map(({ result }) => result.success), [true, false, true, true]);
        assertRefused(results[1].result, 'text');
      }
    });

    it('refuses a call within a call, and a pipe, where it stands', async () => {
      const post = async (method, params) =>
        (await node.post('/rpc', `{"id":1,"method":"${method}","params":${params}}`)).json.result;
      assertRefused(await post('afd-call', `{"command":"chat-send","input":${brokenSend}}`), 'text');
      const step = (input) => `{"command":"chat-send","input":${input}}`;
      assertRefused(await post('afd-pipe', `{"steps":[${step(goodSend)},${step(brokenSend)}]}`),
        'steps.1.input.text', 'INVALID_PIPELINE_REQUEST');
      assertRefused(await post('afd-pipe', `{"input":["${broken}"],"steps":[${step(goodSend)}]}`),
        'input.0', 'INVALID_PIPELINE_REQUEST');
    });

    it('ends a stream with an error chunk', async () => {
      const answer = await node.post('/stream/chat-send', brokenSend);
      const chunk = JSON.parse(answer.text.replace(/^data: /, ''));
      assert.equal(chunk.type, 'error');
      assertError(chunk.error, 'VALIDATION_ERROR');
    });

    it('is refused on a socket with the name of the frame', async () => {
      const ada = await node.openSocket('general', 'Ada');
      ada.sendText(`{"type":"message","clientMessageId":"c1","text":"${broken}"}`);
      const error = await ada.next('error');
      assert.equal(error.clientMessageId, 'c1');
      assert.match(error.message, /surrogate/);
      ada.sendText(`{"type":"typing","x":"${broken}"}`);
      ada.say('still here', 'c2');
      assert.equal((await ada.nextMessage('still here')).clientMessageId, 'c2');
      ada.close?.();
    });

    it('is answered over stdio', async () => {
      const bridge = spawn(chatd, ['mcp', '--url', node.url], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        const answers = createInterface({ input: bridge.stdout })[Symbol.asyncIterator]();
        const ask = async (line) => {
          bridge.stdin.write(`${line}\n`);
          const { value } = await withDeadline(answers.next(), patience, 'the bridge to answer');
          return JSON.parse(value);
        };
        await ask('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",'
          + '"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}');
        bridge.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
        const answer = await ask('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":'
          + `{"name":"chat-send","arguments":${brokenSend}}}`);
        assert.equal(answer.id, 2);
        assertRefused(answer.result.structuredContent, 'text');
      } finally {
        bridge.kill('SIGKILL');
      }
    });
  });

  it('an error frame names the message it refuses', async () => {
    const ada = await node.openSocket('general', 'Ada');
    const frames = [
      { text: '' }, { text: 'x'.repeat(2001) }, {}, { text: 7 }, { text: null },
    ].map((frame) => ({ type: 'message', ...frame }));
    frames.push({ type: 'reaction' }, { type: 'reaction', messageId: 'm9', emoji: '👍' }, { type: 'dance' }, {});
    for (const [i, frame] of frames.entries()) {
      ada.send({ ...frame, clientMessageId: `c${i}` });
      assert.equal((await ada.next('error')).clientMessageId, `c${i}`, JSON.stringify(frame));
    }
  });

  // --- JSON as others write it -------------------------------------------------------------------

  it('JSON that the standard allows is read at every door', async (t) => {
    const inputs = {
      'a byte order mark': ['\ufeff', '"text":"plain"'],
      'a huge number nobody reads': ['', `"text":"plain","x":[1e999,${'9'.repeat(400)},-18446744073709551616]`],
      'a lone surrogate nobody reads': ['', '"text":"plain","x":{"\\ud800":"\\udfff"}'],
      'a name that stands twice': ['', '"text":"no","text":"plain","roomId":"no","roomId":"general"'],
    };
    for (const [what, [mark, fields]] of Object.entries(inputs))
      await t.test(what, async () => {
        const input = `{"roomId":"general",${fields}}`;
        const doors = {
          rpc: ['/rpc', `{"method":"x","id":1,"method":"chat-send","params":${input}}`,
            (json) => json.result],
          message: ['/message', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
            + `{"name":"chat-send","arguments":${input}}}`, (json) => json.result.structuredContent],
          batch: ['/batch', `{"commands":[{"command":"chat-send","input":${input}}]}`,
            (json) => json.results[0].result],
          stream: ['/stream/chat-send', input, null],
        };
        for (const [name, [door, body, result]] of Object.entries(doors)) {
          const answer = await node.post(door, mark + body);
          assert.equal(answer.status, 200, `${name}: ${answer.text}`);
          if (result) assert.equal(result(answer.json).success, true, `${name}: ${answer.text}`);
          else assert.match(answer.text, /"type":"complete"/);
          assert.equal((await node.pollAll('general')).at(-1).text, 'plain');
        }
        const ada = await node.openSocket('general', 'Ada');
        ada.sendText(`${mark}{"type":"message",${fields}}`);
        await ada.nextMessage('plain');
      });
  });

  it('a dry run stays one, whatever the input says beside it', async () => {
    const before = (await node.pollAll('general')).length;
    const { results } = await node.call('afd-batch', {
      dryRun: true,
      commands: [{ command: 'chat-send', input: { roomId: 'general', text: 'x', dryRun: false } }],
    });
    assert.equal(results.length, 1);
    assert.equal((await node.pollAll('general')).length, before);
  });

  it('a compressed body is refused with what would be taken', async () => {
    const body = gzipSync('{"id":1,"method":"chat-rooms"}');
    for (const door of ['/rpc', '/message', '/mcp', '/batch', '/stream/chat-rooms'])
      for (const coding of ['gzip', 'br', 'deflate, gzip']) {
        const answer = await node.post(door, body, { 'Content-Encoding': coding });
        assert.equal(answer.status, 415, `${door}: ${answer.text}`);
        assert.equal(answer.headers['accept-encoding'], 'identity');
        assertError(answer.json.error, 'UNSUPPORTED_MEDIA_TYPE');
      }
    const plain = await node.post('/rpc', '{"id":1,"method":"chat-rooms"}',
      { 'Content-Encoding': 'identity' });
    assert.equal(plain.status, 200);
  });

  // --- Names -------------------------------------------------------------------------------------

  const badNames = ['   ', '\u200b', '\u3164', 'A\nB', 'A\0', '\x1b[31mA', '\u202eevil', 'A\u200dB',
    'A\u2028B', '\u2066A', '\ufeff', '\u00ad', '\u0301', '\u2800'];
  const goodNames = { '  Ada ': 'Ada', 'Rene\u0301': 'René', '👩‍💻 Eve': '👩‍💻 Eve', '山田\u3000太郎': '山田\u3000太郎' };

  it('a nickname is one that can be seen', async () => {
    for (const nickname of badNames)
      assertRefused(await node.call('chat-connect', { roomId: 'general', nickname }), 'nickname');
    for (const [given, shown] of Object.entries(goodNames)) {
      const socket = await node.openSocket('general', given);
      assert.ok(socket.welcome.participants.includes(shown), JSON.stringify(socket.welcome));
      assert.equal(socket.handoff.metadata.nickname, shown);
      socket.terminate();
    }
  });

  it('a room name is one that can be seen', async () => {
    for (const [i, name] of badNames.entries()) {
      assertRefused(await node.call('chat-room-create', { roomId: `bad${i}`, name }), 'name');
      assertRefused(await node.call('chat-room-update', { roomId: 'general', name }), 'name');
      const flags = name.includes('\0') ? [] : ['--room', `x:${name}`];
      if (flags.length > 0)
        assert.notEqual(spawnSync(chatd, ['config', 'check', ...flags]).status, 0, JSON.stringify(name));
    }
    for (const [given, shown] of Object.entries(goodNames)) {
      const room = await node.must('chat-room-create', { roomId: `r${shown.length}`, name: given });
      assert.equal(room.name ?? room.room?.name, shown);
      await node.must('chat-room-delete', { roomId: `r${shown.length}` });
    }
  });

  it('a key name is one that can be seen', () => {
    for (const name of badNames.filter((bad) => !bad.includes('\0'))) {
      const made = spawnSync(chatd, ['key', 'add', '--data', `${node.data}/keys`, '--user', 'u', '--name', name]);
      assert.equal(made.status, 2, JSON.stringify(name));
      assert.equal(made.stdout.length, 0);
    }
  });

  it('texts stay as they were sent, byte for byte', async () => {
    const text = ' Rene\u0301 \u202e\u200b\u3164\r\n\ufeff\u00a0';
    await node.must('chat-send', { roomId: 'general', text });
    assert.equal((await node.pollAll('general')).at(-1).text, text);
  });

  // --- Found -------------------------------------------------------------------------------------

  it('what is said is found in any case and form', async () => {
    const rows = [['ĐƯỜNG phố', 'đường'], ['cafe\u0301', 'CAFÉ'], ['ἈΘΗ͂ΝΑΙ', 'ἀθῆναι'],
      ['\u1112\u1161\u11ab\u1100\u1173\u11af', '한글'], ['か\u3099っこう', 'がっこう'], ['5 Å', '\u212b'],
      ['ሰላም።ዓለም', 'ዓለም'], ['བོད་ཡིག', 'ཡིག'], ['a\u1680b', 'b'], ['done ⭐', '⭐'], ['up ⬆️', '⬆️'],
      ['© us', '©️'], ['გამარჯობა', 'ᲒᲐᲛᲐᲠᲯᲝᲑᲐ'], ['STRASSE 5', 'straße'], ['ＡＢＣ', 'abc']];
    await node.must('chat-room-create', { roomId: 'found' });
    for (const [text] of rows) await node.must('chat-send', { roomId: 'found', text });
    for (const [text, query] of rows) {
      const { messages } = await node.must('chat-search', { roomId: 'found', query });
      assert.deepEqual(messages.map((m) => m.text), [text], query);
    }
  });

  it('rooms are found in any case and form', async () => {
    await node.must('chat-room-create', { roomId: 'team', name: "L'Équipe" });
    for (const search of ['équipe', 'E\u0301QUIPE', 'TEAM']) {
      const { rooms } = await node.must('chat-rooms', { search });
      assert.deepEqual(rooms.map((room) => room.id), ['team'], search);
    }
    assert.equal((await node.must('chat-rooms', { search: 'equipe' })).total, 0);
  });

  it('those who wait are woken by what means them', async () => {
    const rows = [[{ mention: 'helper' }, '请@helper看一下'], [{ mention: 'helper' }, '“@helper”'],
      [{ mention: 'helper' }, 'hi\u00a0@HELPER…'], [{ mention: 'ИВАН' }, 'эй @Иван!'],
      [{ contains: 'ÄRGER' }, 'so ein ärger'], [{ contains: 'ПРИВЕТ' }, 'привет'],
      [{ from: 'RENÉ' }, 'x', 'Rene\u0301']];
    await node.must('chat-room-create', { roomId: 'wake' });
    const nobody = await node.openSocket('wake', 'Nobody');
    for (const [until, text, nickname = 'Ada'] of rows) {
      const socket = await node.openSocket('wake', nickname);
      const { lastMessageId } = socket.welcome;
      const waits = node.must('chat-poll',
        { roomId: 'wake', ...(lastMessageId && { since: lastMessageId }), waitMs: 30_000, until });
      nobody.say('something else');
      await socket.nextMessage('something else');
      socket.say(text);
      const { messages } = await withDeadline(waits, 20_000, `${JSON.stringify(until)} to wake`);
      assert.equal(messages.at(-1).text, text);
      socket.terminate();
    }
  });
});
