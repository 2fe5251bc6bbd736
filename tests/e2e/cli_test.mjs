// The seed's "Testing via CLI" section and its agent, through the doors that the public AFD tool
// and the public client library use.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@lushly-dev/afd-client';
import { afdCall, resultOf } from './lib/afd.mjs';
import { assertError, ChatNode } from './lib/node.mjs';
import { Mailbox, patience, withDeadline } from './lib/wait.mjs';

const commands = [
  'chat-rooms', 'chat-connect', 'chat-status', 'chat-reconnect', 'chat-refresh-token',
  'chat-disconnect', 'chat-poll', 'chat-stream', 'chat-history', 'chat-search',
  'chat-participants', 'chat-send', 'chat-edit', 'chat-delete', 'chat-room-create',
  'chat-room-update', 'chat-room-delete', 'chat-webhook-register', 'chat-webhook-list',
  'chat-webhook-delete', 'chat-webhook-dead-letters', 'chat-webhook-replay', 'chat-revoke',
  'node-status', 'node-rooms', 'node-sessions', 'afd-help', 'afd-docs', 'afd-schema',
  'afd-discover', 'afd-detail', 'afd-call', 'afd-batch', 'afd-pipe',
];

function assertTime(text) {
  assert.equal(typeof text, 'string');
  assert.equal(new Date(text).toISOString(), text, 'not as toISOString() writes it');
  return Date.parse(text);
}

function assertCount(value) {
  assert.ok(Number.isInteger(value) && value >= 0, `${value} is no count`);
}

// What every CommandResult has (contract, section 2).
function assertEnvelope(result) {
  assert.equal(typeof result.success, 'boolean');
  assert.equal('data' in result, result.success);
  assert.equal('error' in result, !result.success);
  const { executionTimeMs, commandVersion, traceId, timestamp } = result.metadata;
  assert.ok(typeof executionTimeMs === 'number' && executionTimeMs >= 0);
  assert.match(commandVersion, /^\d+\.\d+\.\d+$/);
  assert.ok(typeof traceId === 'string' && traceId.length > 0);
  assertTime(timestamp);
  assert.deepEqual(result.metadata.agentHints, result._agentHints, 'hints differ');
}

function assertSuccess(result, keys) {
  assert.equal(result.success, true, JSON.stringify(result));
  assertEnvelope(result);
  assert.deepEqual(Object.keys(result.data).sort(), [...keys].sort());
  return result.data;
}

function assertFailure(result, code, message) {
  assert.equal(result.success, false, JSON.stringify(result));
  assertEnvelope(result);
  assertError(result.error, code);
  if (message) assert.equal(result.error.message, message);
}

function assertHandoff(result, node, roomId, roomName) {
  const data = assertSuccess(result, ['protocol', 'endpoint', 'credentials', 'metadata']);
  assert.equal(data.protocol, 'websocket');
  assert.equal(data.endpoint, `ws://${node.host}/rooms/${roomId}`);
  assert.deepEqual(Object.keys(data.credentials).sort(), ['sessionId', 'token']);
  assert.match(data.credentials.token, /^[A-Za-z0-9._~-]{20,}$/, 'unfit for a URL as it is');
  assert.match(data.credentials.sessionId, /^[A-Za-z0-9_-]+$/);
  const { expiresAt, nickname, ...metadata } = data.metadata;
  assert.ok(nickname.length > 0);
  const left = assertTime(expiresAt) - Date.now();
  assert.ok(left > 4.5 * 60_000 && left < 5.1 * 60_000, `the token is good for ${left} ms`);
  assert.deepEqual(metadata, {
    capabilities: ['text', 'typing', 'presence', 'reactions'],
    expectedLatency: 10,
    reconnect: { allowed: true, maxAttempts: 5, backoffMs: 1000 },
    description: `Real-time chat in "${roomName}"`,
  });
  assert.equal(result.reasoning, `Session created for room "${roomName}". ` +
    'Connect to the WebSocket URL within 5 minutes.');
  assert.deepEqual(result._agentHints, {
    handoffType: 'websocket', consumable: false, delegateToUser: true,
    fallbackCommand: 'chat-poll',
  });
  return data;
}

describe('the seed, section "Testing via CLI"', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  it('is met by health, initialize and tools/list before every call', async () => {
    const { health, initialized, tools } = await afdCall(node, 'chat-rooms');
    assert.equal(health.status, 'ok');
    assert.equal(health.name, 'chatd');
    assert.match(health.version, /^\d+\.\d+\.\d+/);
    assert.equal(initialized.protocolVersion, '2024-11-05');
    assert.equal(typeof initialized.capabilities.tools, 'object');
    assert.equal(initialized.serverInfo.name, 'chatd');
    assert.equal(initialized.serverInfo.version, health.version);
    assert.deepEqual(tools.map((tool) => tool.name).sort(), [...commands].sort());
    for (const tool of tools) {
      assert.ok(tool.description.length > 0);
      assert.equal(tool.inputSchema.type, 'object');
      for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'])
        assert.equal(typeof tool.annotations[hint], 'boolean');
      assert.equal(typeof tool._meta.mutation, 'boolean');
    }
    const again = await afdCall(node, 'chat-rooms');
    assert.deepEqual(again.tools, tools, 'the list is not in a fixed order');
  });

  it('describes the four commands with the tags and inputs of the seed', async () => {
    const { tools } = await afdCall(node, 'chat-rooms');
    const tool = (name) => tools.find((other) => other.name === name);
    const rows = {
      'chat-connect': [['chat', 'handoff', 'handoff:websocket'], ['roomId'],
        'Connect to a chat room for real-time messaging'],
      'chat-status': [['chat', 'read'], ['sessionId'], 'Get status of a chat session'],
      'chat-disconnect': [['chat', 'write', 'safe'], ['sessionId'], 'End a chat session'],
      'chat-poll': [['chat', 'read', 'agent-friendly'], ['roomId'],
        'Poll for new messages (fallback for agents without WebSocket)'],
    };
    for (const [name, [tags, required, description]] of Object.entries(rows)) {
      assert.deepEqual(tool(name)._meta.tags.slice(0, tags.length), tags, name);
      assert.deepEqual(tool(name).inputSchema.required, required, name);
      assert.equal(tool(name).description, description);
    }
    const connect = tool('chat-connect');
    assert.deepEqual(connect._meta.tags.slice(3), ['handoff:sse', 'handoff:resumable']);
    assert.deepEqual([connect.inputSchema.properties.nickname.minLength,
      connect.inputSchema.properties.nickname.maxLength], [1, 50]);
    const { handoff, handoffProtocol, agentConsumable, fallbackCommand } = connect.annotations;
    assert.deepEqual({ handoff, handoffProtocol, agentConsumable, fallbackCommand }, {
      handoff: true, handoffProtocol: 'websocket', agentConsumable: false,
      fallbackCommand: 'chat-poll',
    });
    const { limit } = tool('chat-poll').inputSchema.properties;
    assert.deepEqual([limit.minimum, limit.maximum, limit.default], [1, 100, 50]);
  });

  it('afd call chat-rooms', async () => {
    const { result } = await afdCall(node, 'chat-rooms');
    const data = assertSuccess(result, ['rooms', 'total']);
    assert.equal(data.total, 3);
    const rooms = Object.fromEntries(data.rooms.map((room) => [room.id, room]));
    assert.deepEqual(Object.keys(rooms).sort(), ['general', 'help', 'random']);
    for (const [id, name, maxParticipants] of
      [['general', 'General', 100], ['random', 'Random', 50], ['help', 'Help', 25]]) {
      const { description, ...room } = rooms[id];
      assert.equal(typeof description, 'string');
      assert.deepEqual(room, { id, name, participants: 0, maxParticipants, available: true });
    }
  });

  it('afd call chat-connect, chat-status and chat-disconnect', async () => {
    const connected = await afdCall(node, 'chat-connect',
      { roomId: 'general', nickname: 'CLI-User' });
    const { endpoint, credentials } = assertHandoff(connected.result, node, 'general', 'General');
    const { sessionId, token } = credentials;

    const pending = await afdCall(node, 'chat-status', { sessionId });
    const early = assertSuccess(pending.result,
      ['sessionId', 'roomId', 'state', 'nickname', 'kind', 'metrics', 'participants',
        'participantCount']);
    assert.deepEqual(early, {
      sessionId, roomId: 'general', state: 'pending', nickname: 'CLI-User', kind: 'agent',
      participants: [], participantCount: 0,
      metrics: { messagesSent: 0, messagesReceived: 0 },
    });

    const socket = node.socket(`${endpoint}?token=${token}`);
    await socket.next('welcome');
    socket.say('hello from the CLI user');
    await socket.nextMessage('hello from the CLI user');
    const live = await afdCall(node, 'chat-status', { sessionId });
    const { connectedAt, lastActivity, lastMessageId, metrics, ...rest } =
      assertSuccess(live.result, ['sessionId', 'roomId', 'state', 'nickname', 'kind', 'connectedAt',
        'lastActivity', 'lastMessageId', 'metrics', 'participants', 'participantCount']);
    assert.match(lastMessageId, /^m\d{16}$/);
    assert.deepEqual(rest,
      { sessionId, roomId: 'general', state: 'connected', nickname: 'CLI-User', kind: 'agent',
        participants: [{ nickname: 'CLI-User', kind: 'agent' }], participantCount: 1 });
    assert.ok(assertTime(connectedAt) <= assertTime(lastActivity));
    assert.deepEqual(metrics, { messagesSent: 1, messagesReceived: 1 });

    const ended = await afdCall(node, 'chat-disconnect', { sessionId, reason: 'done' });
    const data = assertSuccess(ended.result,
      ['sessionId', 'closedAt', 'duration', 'messagesSent']);
    assert.equal(data.sessionId, sessionId);
    assertTime(data.closedAt);
    assertCount(data.duration);
    assert.ok(data.duration < 60, 'the duration is not in seconds');
    assert.equal(data.messagesSent, 1);
    assert.equal(ended.result.reasoning,
      'Session closed. Any active WebSocket connection will be terminated.');
    assert.equal((await socket.closed()).code, 4006);

    const closed = await afdCall(node, 'chat-status', { sessionId });
    assert.equal(closed.result.data.state, 'closed');
    const twice = await afdCall(node, 'chat-disconnect', { sessionId });
    assert.equal(twice.result.success, false);
    assertError(twice.result.error);
  });

  it('afd call chat-connect without a nickname', async () => {
    const { result } = await afdCall(node, 'chat-connect', { roomId: 'help' });
    const { sessionId } = assertHandoff(result, node, 'help', 'Help').credentials;
    const status = await afdCall(node, 'chat-status', { sessionId });
    assert.equal(status.result.data.nickname, 'Anonymous');
  });

  it('afd call chat-poll', async () => {
    const roomId = 'random';
    const empty = await afdCall(node, 'chat-poll', { roomId });
    const nothing = assertSuccess(empty.result, ['roomId', 'messages', 'hasMore', 'truncated']);
    assert.deepEqual(nothing, { roomId, messages: [], hasMore: false, truncated: false });
    assert.deepEqual(empty.result._agentHints, {
      nextAction: 'No new messages. Wait 3-5 seconds and poll again. '
        + 'Or give waitMs: the call then waits for what comes', pollInterval: 5000,
    });

    const sent = [];
    for (const text of ['one', 'two', 'three']) {
      const { result } = await afdCall(node, 'chat-send', { roomId, text });
      const { messageId, timestamp } = assertSuccess(result, ['messageId', 'timestamp']);
      assertTime(timestamp);
      sent.push({ id: messageId, sender: 'Agent', text, timestamp });
    }
    const full = await afdCall(node, 'chat-poll', { roomId });
    const data = assertSuccess(full.result, ['roomId', 'messages', 'hasMore', 'lastMessageId', 'truncated']);
    const lastMessageId = sent[2].id;
    assert.deepEqual(data, { roomId, messages: sent, hasMore: false, lastMessageId, truncated: false });
    assert.deepEqual(full.result._agentHints, {
      nextAction: `Process 3 messages. Poll again with since="${lastMessageId}"`,
      pollInterval: 5000,
    });

    const page = await afdCall(node, 'chat-poll', { roomId, limit: 2 });
    assert.deepEqual(page.result.data,
      { roomId, messages: sent.slice(0, 2), hasMore: true, lastMessageId: sent[1].id, truncated: false });
    const rest = await afdCall(node, 'chat-poll', { roomId, since: sent[1].id, limit: 1 });
    assert.deepEqual(rest.result.data,
      { roomId, messages: sent.slice(2), hasMore: false, lastMessageId, truncated: false });
    const none = await afdCall(node, 'chat-poll', { roomId, since: lastMessageId });
    assert.deepEqual(none.result.data, { roomId, messages: [], hasMore: false, lastMessageId, truncated: false });
    assert.match(none.result._agentHints.nextAction, /^No new messages\./);
    assert.equal(none.result._agentHints.pollInterval, 5000);
  });

  const failures = [
    ['chat-connect', { roomId: 'nowhere' }, 'ROOM_NOT_FOUND', 'Room "nowhere" does not exist'],
    ['chat-poll', { roomId: 'nowhere' }, 'ROOM_NOT_FOUND'],
    ['chat-send', { roomId: 'nowhere', text: 'x' }, 'ROOM_NOT_FOUND'],
    ['chat-status', { sessionId: 'sess-123' }, 'SESSION_NOT_FOUND', 'Session does not exist'],
    ['chat-disconnect', { sessionId: 'sess-123' }, 'SESSION_NOT_FOUND', 'Session does not exist'],
    ['chat-send', { roomId: 'general', text: 'x', sessionId: 'sess-123' }, 'SESSION_NOT_FOUND'],
    ['chat-connect', {}, 'VALIDATION_ERROR'],
    ['chat-poll', { roomId: 'general', since: 'm-none' }, 'VALIDATION_ERROR'],
    ['chat-poll', { roomId: 'general', limit: 0 }, 'VALIDATION_ERROR'],
    ['chat-poll', { roomId: 'general', limit: 101 }, 'VALIDATION_ERROR'],
    ['chat-poll', { roomId: 'general', limit: '5' }, 'VALIDATION_ERROR'],
    ['chat-connect', { roomId: 'general', nickname: '' }, 'VALIDATION_ERROR'],
    ['chat-connect', { roomId: 'general', nickname: 'x'.repeat(51) }, 'VALIDATION_ERROR'],
    ['chat-room-create', { roomId: 'general' }, 'ALREADY_EXISTS'],
    ['chat-pool', {}, 'COMMAND_NOT_FOUND'],
  ];
  for (const [name, input, code, message] of failures)
    it(`afd call ${name} ${JSON.stringify(input).slice(0, 60)} fails with ${code}`, async () => {
      const { called, result } = await afdCall(node, name, input);
      assert.equal(called.isError, true);
      assertFailure(result, code, message);
      if (code === 'VALIDATION_ERROR') assert.ok(result.error.details.errors.length > 0);
    });

  it('names the way on in its suggestions', async () => {
    const { result: room } = await afdCall(node, 'chat-connect', { roomId: 'nowhere' });
    assert.equal(room.error.suggestion, 'Use chat-rooms to list available rooms');
    const { result: command } = await afdCall(node, 'chat-pool');
    assert.match(command.error.suggestion, /chat-poll/);
    const sent = await node.must('chat-send', { roomId: 'help', text: 'the oldest' });
    const { result: since } = await afdCall(node, 'chat-poll',
      { roomId: 'help', since: 'no such id' });
    assert.ok(JSON.stringify(since.error).includes(sent.messageId), 'the oldest id is not named');
    const { result: input } = await afdCall(node, 'chat-send', { room: 'help', text: 5 });
    assert.deepEqual(input.error.details.missingFields, ['roomId']);
    assert.deepEqual(input.error.details.unexpectedFields, ['room']);
    assert.ok(input.error.details.expectedFields.includes('roomId'));
    assert.deepEqual(input.error.details.errors.map((e) => e.path).sort(), ['roomId', 'text']);
    for (const name of ['roomId', 'text', 'room']) assert.ok(input.error.suggestion.includes(name));
  });

  it('warns of unknown fields and ignores them', async () => {
    const { result } = await afdCall(node, 'chat-poll', { roomId: 'general', colour: 'red' });
    assert.equal(result.success, true);
    assert.equal(result.warnings.length, 1);
    assert.match(result.warnings[0].message, /colour/);
  });

  // What `afd validate` does.
  it('answers every listed tool called with {}', async () => {
    const { tools } = await afdCall(node, 'chat-rooms');
    for (const { name } of tools) {
      const { result } = await afdCall(node, name, {});
      assertEnvelope(result);
      const code = { 'afd-batch': 'INVALID_BATCH_REQUEST', 'afd-pipe': 'INVALID_PIPELINE_REQUEST' }[name];
      if (!result.success) assertError(result.error, code ?? 'VALIDATION_ERROR');
    }
  });
});

for (const [transport, url] of [['http', '/message'], ['sse', '/sse']])
  describe(`npm's @lushly-dev/afd-client by ${transport}`, { timeout: 120_000 }, () => {
    let node;
    let client;
    before(async () => {
      node = await ChatNode.start();
      client = createClient({ url: node.url + url, transport, autoReconnect: false });
    });
    after(async () => {
      await client.disconnect();
      await node.stop();
    });

    it('connects and lists the tools', async () => {
      const initialized = await client.connect();
      assert.equal(initialized.protocolVersion, '2024-11-05');
      assert.equal(client.getStatus().serverInfo.name, 'chatd');
      assert.deepEqual(client.getTools().map((tool) => tool.name).sort(), [...commands].sort());
      assert.equal(client.isConnected(), true);
    });

    it('runs through a session', async () => {
      const rooms = assertSuccess(await client.call('chat-rooms'), ['rooms', 'total']);
      assert.equal(rooms.total, 3);
      const result = await client.call('chat-connect',
        { roomId: 'general', nickname: 'CLI-User' });
      const { endpoint, credentials } = assertHandoff(result, node, 'general', 'General');
      const { sessionId } = credentials;
      const socket = node.socket(`${endpoint}?token=${credentials.token}`);
      await socket.next('welcome');
      const status = await client.call('chat-status', { sessionId });
      assert.equal(status.data.state, 'connected');
      const sent = await client.call('chat-send',
        { roomId: 'general', text: 'as the session', sessionId });
      assert.equal((await socket.nextMessage('as the session')).sender, 'CLI-User');
      const polled = await client.call('chat-poll', { roomId: 'general' });
      assert.deepEqual(polled.data.messages.map((m) => [m.id, m.sender, m.text]),
        [[sent.data.messageId, 'CLI-User', 'as the session']]);
      const ended = await client.call('chat-disconnect', { sessionId });
      assert.equal(ended.data.messagesSent, 1);
      assert.equal((await socket.closed()).code, 4006);
    });

    it('gets failures as results, not as exceptions', async () => {
      const called = await client.callTool('chat-connect', { roomId: 'nowhere' });
      assert.equal(called.isError, true);
      assertFailure(resultOf(called), 'ROOM_NOT_FOUND');
      const failed = await client.call('chat-connect', { roomId: 'nowhere' });
      assert.equal(failed.success, false);
      assert.equal(failed.error.code, 'TOOL_ERROR'); // the library's own; the rest is in the text
      assertFailure(JSON.parse(failed.error.message), 'ROOM_NOT_FOUND');
    });

    // The seed's agentChatLoop, word for word but for the end and for what the agent says. Instead
    // of sleeping it waits until somebody has asked.
    it('serves the seed\'s agent', async () => {
      const roomId = 'help';
      const rounds = 4;
      const human = await node.openSocket(roomId, 'Human');
      const wake = new Mailbox();
      const seen = [];
      const generateResponse = async (text) => `You asked: ${text.replaceAll('?', '')}`;

      async function agentChatLoop() {
        let lastMessageId;
        for (let round = 0; round <= rounds; ++round) {
          const result = await client.call('chat-poll',
            { roomId, since: lastMessageId, limit: 50 });
          assert.equal(result.success, true, JSON.stringify(result));
          for (const msg of result.data.messages) {
            seen.push(msg);
            if (msg.text.includes('?')) {
              const reply = await generateResponse(msg.text);
              await client.call('chat-send', { roomId, text: reply });
            }
          }
          lastMessageId = result.data.lastMessageId;
          if (round < rounds) await wake.next(() => true, patience, 'a question');
        }
      }

      const agent = agentChatLoop();
      for (let i = 0; i < rounds; ++i) {
        human.say(`a remark ${i}`);
        human.say(`what is ${i}?`);
        await human.nextMessage(`what is ${i}?`);
        wake.push(i);
        const answer = await human.nextMessage(`You asked: what is ${i}`);
        assert.equal(answer.sender, 'Agent');
      }
      await withDeadline(agent, patience, 'the agent to end');
      const ids = seen.map((message) => message.id);
      assert.equal(new Set(ids).size, ids.length, 'the agent read a message twice');
      assert.deepEqual(ids, [...ids].sort());
      const stored = await node.pollAll(roomId);
      assert.equal(stored.length, 3 * rounds);
      assert.deepEqual(seen, stored.slice(0, seen.length), 'the agent missed something');
      assert.ok(seen.length >= 3 * rounds - 1);
    });
  });

describe('GET /sse as older MCP clients use it', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  // A reader of server-sent events: {event, data}, one by one.
  async function openStream() {
    const abort = new AbortController();
    const response = await fetch(`${node.url}/sse`,
      { headers: { Accept: 'text/event-stream' }, signal: abort.signal });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    const events = new Mailbox();
    const decoder = new TextDecoder();
    (async () => {
      let buffer = '';
      for await (const chunk of response.body) {
        buffer += decoder.decode(chunk, { stream: true });
        for (let end; (end = buffer.indexOf('\n\n')) >= 0; buffer = buffer.slice(end + 2)) {
          const event = { event: 'message', data: '' };
          for (const line of buffer.slice(0, end).split('\n')) {
            const [, field, value] = /^([^:]*): ?(.*)$/.exec(line) ?? [null, line, ''];
            if (field in event) event[field] = value;
          }
          if (event.data !== '') events.push(event);
        }
      }
    })().catch((error) => events.end(error));
    return {
      next: () => events.next(() => true, patience, 'an event'),
      close: () => abort.abort(),
    };
  }

  it('names its own path first and answers there', async () => {
    const stream = await openStream();
    const endpoint = await stream.next();
    assert.equal(endpoint.event, 'endpoint');
    assert.match(endpoint.data, /^\/message\?sessionId=[\w-]+$/);
    const other = await openStream();
    assert.notEqual((await other.next()).data, endpoint.data);

    const body = { jsonrpc: '2.0', id: 'seven', method: 'tools/call',
      params: { name: 'chat-rooms', arguments: {} } };
    const posted = await node.post(endpoint.data, JSON.stringify(body));
    assert.equal(posted.status, 202);
    const answer = await stream.next();
    assert.equal(answer.event, 'message');
    const message = JSON.parse(answer.data);
    assert.equal(message.id, 'seven');
    assert.equal(resultOf(message.result).data.total, 3);

    const notified = await node.post(endpoint.data,
      JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    assert.deepEqual([notified.status, notified.text], [202, '']);
    stream.close();
    other.close();
  });

  it('refuses a session nobody opened', async () => {
    const answer = await node.post('/message?sessionId=nope',
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }));
    assert.equal(answer.status, 404);
    assertError(answer.json.error);
  });
});
