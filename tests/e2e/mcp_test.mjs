// Agents that speak MCP: the official clients, by every transport and in both eras.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { ChatNode } from './lib/node.mjs';
import { chatd, connect, transports } from './lib/mcp.mjs';
import { Mailbox, patience, withDeadline } from './lib/wait.mjs';

const room = 'chat://rooms/general';
const any = () => true;

const said = (result) => JSON.parse(result.contents[0].text).messages.map((m) => m.text);

describe('clients with sessions', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  for (const [name, transport] of Object.entries(transports)) {
    it(`${name}: tools, resources, prompts`, async () => {
      const client = await connect(transport(node));
      assert.equal(client.getServerVersion().name, 'chatd');
      assert.equal(client.getInstructions().split('\n').length, 11);
      const { tools } = await client.listTools();
      assert.ok(tools.some((tool) => tool.name === 'chat-poll' && tool.annotations.readOnlyHint));
      // The SDK holds what comes back to the tool's outputSchema.
      const text = `Hello by ${name}`;
      const sent = await client.callTool({
        name: 'chat-send', arguments: { roomId: 'general', text },
      });
      assert.equal(sent.structuredContent.success, true);
      const refused = await client.callTool({ name: 'chat-poll', arguments: { roomId: 'nowhere' } });
      assert.equal(refused.isError, true);
      assert.equal(refused.structuredContent.error.code, 'ROOM_NOT_FOUND');
      // The client holds answers to the schema of their tool.
      const tried = await client.callTool({
        name: 'chat-send', arguments: { roomId: 'general', text: 'not said', dryRun: true },
      });
      assert.equal(tried.structuredContent.data.dryRun, true);

      const { resources } = await client.listResources();
      assert.deepEqual(resources.slice(0, 2).map((r) => r.uri), ['chat://rooms', room]);
      assert.ok(said(await client.readResource({ uri: room })).includes(text));
      await assert.rejects(client.readResource({ uri: 'chat://rooms/nowhere' }), { code: -32002 });
      assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 1);

      const { prompts } = await client.listPrompts();
      assert.deepEqual(prompts.map((p) => p.name), ['join-room', 'summarise-room']);
      const prompt = await client.getPrompt({
        name: 'summarise-room', arguments: { roomId: 'general' },
      });
      assert.ok(prompt.messages[1].content.resource.text.includes(text));
      const completed = await client.complete({
        ref: { type: 'ref/resource', uri: 'chat://rooms/{roomId}' },
        argument: { name: 'roomId', value: 'ge' },
      });
      assert.deepEqual(completed.completion.values, ['general']);
      await client.close();
    });

    it(`${name}: a change of a room is told to those who watch it`, async () => {
      const client = await connect(transport(node));
      await client.subscribeResource({ uri: room });
      await node.must('chat-send', { roomId: 'general', text: 'Wake up' });
      assert.equal(await client.updates.next(any, patience, 'the update'), room);
      assert.ok(said(await client.readResource({ uri: room })).includes('Wake up'));
      await client.unsubscribeResource({ uri: room });
      await client.close();
    });
  }

  it('refuses a cursor that it never gave', async () => {
    const { json } = await node.post('/message', JSON.stringify({
      jsonrpc: '2.0', id: 1, method: 'resources/list', params: { cursor: 'no cursor' } }));
    assert.equal(json.error.code, -32602);
    assert.match(json.error.data.suggestion, /nextCursor/);
  });

  it('ends a session that its client ends', async () => {
    const transport = transports['Streamable HTTP'](node);
    const client = await connect(transport);
    const id = transport.sessionId;
    await transport.terminateSession();
    await client.close();
    const answer = await node.post('/mcp', '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      { 'Mcp-Session-Id': id });
    assert.equal(answer.status, 404);
  });
});

describe('clients without sessions', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  const ways = {
    'Streamable HTTP': () => new StreamableHTTPClientTransport(new URL(`${node.url}/mcp`)),
    stdio: () => new StdioClientTransport({
      command: chatd, args: ['mcp', '--url', node.url], stderr: 'inherit',
    }),
  };
  for (const [name, transport] of Object.entries(ways)) {
    it(`${name}: calls, reads and listens`, async () => {
      const client = new Client({ name: 'chatd-e2e', version: '1.0.0' },
        { versionNegotiation: { mode: { pin: '2026-07-28' } } });
      const updates = new Mailbox();
      client.setNotificationHandler('notifications/resources/updated',
        ({ params }) => void updates.push(params.uri));
      await withDeadline(client.connect(transport()), patience, 'the client to connect');
      const listening = await client.listen({ resourceSubscriptions: [room] });
      const sent = await client.callTool({
        name: 'chat-send', arguments: { roomId: 'general', text: `No session, ${name}` },
      });
      assert.equal(sent.structuredContent.success, true);
      assert.equal(await updates.next(any, patience, 'the update'), room);
      assert.ok(said(await client.readResource({ uri: room })).includes(`No session, ${name}`));
      await listening.close();
      await client.close();
    });
  }
});

describe('chatd mcp', { timeout: 120_000 }, () => {
  const run = async (args, input, options = {}) => {
    const child = spawn(chatd, ['mcp', ...args], { stdio: 'pipe', ...options });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const ended = new Promise((resolve) => child.once('close', resolve));
    const code = await withDeadline(ended, patience, 'chatd mcp to end');
    return { code, stderr, messages: stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l)) };
  };
  const line = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
  const begin = line({
    id: 1, method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  });

  const call = (id, name, args) => line({
    id, method: 'tools/call', params: { name, arguments: args },
  });
  const answers = (end) => {
    assert.equal(end.code, 0, end.stderr);
    return end.messages.map((m) => m.result?.structuredContent?.success ?? m);
  };
  const inDirectory = async (work) => {
    const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-e2e-'));
    try {
      await work(data);
    } finally {
      // A node that was started may still write its last file: all is looked for anew.
      for (let tries = 100; existsSync(data) && tries > 0; --tries) {
        try {
          rmSync(data, { recursive: true, force: true });
        } catch (error) {
          if (tries === 1) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }
  };
  // Until the node that was started has ended, as it does soon after its last user.
  const gone = async (data) => {
    const end = Date.now() + patience;
    while (existsSync(path.join(data, 'chatd.mcp.address'))) {
      assert.ok(Date.now() < end, 'the node does not end');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('starts one node for all of a user, which outlives who started it', () =>
    inDirectory(async (base) => {
      const data = path.join(base, 'chatd');
      const options = { cwd: '/', env: { ...process.env, XDG_DATA_HOME: base, HOME: '/nowhere' } };
      const say = (text) => run(['--listen', '127.0.0.1:0', '--linger', '1'],
        begin + call(2, 'chat-send', { roomId: 'general', text }), options);
      const both = await Promise.all([say('one'), say('two')]);  // neither knows of the other
      for (const end of both) assert.deepEqual(answers(end)[1], true);
      const end = await run(['--listen', '127.0.0.1:0', '--data', data, '--linger', '1'],
        begin + call(2, 'chat-history', { roomId: 'general' }));
      const { messages } = end.messages[1].result.structuredContent.data;
      assert.deepEqual(messages.map((m) => m.text).sort(), ['one', 'two']);
      assert.equal(statSync(data).mode & 0o777, 0o700);
      await gone(data);
    }));

  it('says why the node that it starts does not start', () => inDirectory(async (base) => {
    const file = path.join(base, 'file');
    writeFileSync(file, '');
    const end = await run(['--data', path.join(file, 'below')], begin);
    assert.equal(end.code, 2);
    assert.match(end.stderr, /^chatd mcp: [^\n]+--data[^\n]+\n$/);
    const refused = await run(['--data', base, '--listen', '0.0.0.0:0'], begin);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^chatd mcp: the node did not start: [^\n]+\n$/);
  }));

  it('sends lines in their order, each behind the one before', async () => {
    const node = await ChatNode.start();
    const texts = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const end = await run(['--url', node.url],
      line({ method: 'notifications/nonsense' }) + line({ method: 'ping' }) + begin +
      line({ method: 'notifications/initialized' }) +
      texts.map((text, i) => call(i + 2, 'chat-send', { roomId: 'general', text })).join(''));
    assert.equal(end.code, 0, end.stderr);
    assert.deepEqual(end.messages.map((m) => m.id), Array.from({ length: 31 }, (_, i) => i + 1));
    const { messages } = await node.must('chat-history', { roomId: 'general' });
    assert.deepEqual(messages.map((m) => m.text), texts);
    await node.stop();
  });

  it('lets nobody wait behind a call that waits, and ends it when it is cancelled', async () => {
    const node = await ChatNode.start();
    const client = await connect(transports.stdio(node));
    const cancelled = new AbortController();
    const waits = client.callTool({ name: 'chat-poll', arguments: { roomId: 'general', waitMs: 30_000 } },
      undefined, { signal: cancelled.signal });
    const ended = assert.rejects(waits);
    const others = await withDeadline(client.callTool({ name: 'chat-rooms', arguments: {} }), patience,
      'the other call');
    assert.equal(others.structuredContent.success, true);
    cancelled.abort();
    await ended;
    await withDeadline(client.close(), patience, 'the end');  // nothing is under way
    await node.stop();
  });

  it('takes a batch in one line, and answers it in one', async () => {
    const node = await ChatNode.start();
    const old = begin.replace('2025-06-18', '2025-03-26');
    const batch = [2, 3].map((id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
    const end = await run(['--url', node.url], `${old}${JSON.stringify(batch)}\n`);
    assert.deepEqual(end.messages[1].map((m) => m.id), [2, 3]);
    await node.stop();
    const alone = await run(['--url', node.url], `${JSON.stringify(batch)}\n`);
    assert.deepEqual(alone.messages[0].map((m) => [m.id, m.error.code]), [[2, -32603], [3, -32603]]);
  });

  it('answers lines that are no messages, and what a node does not answer', async () => {
    const end = await run(['--url', 'http://127.0.0.1:9'], `nonsense\n[]\n${begin}`);
    assert.equal(end.code, 0, end.stderr);
    const codes = Object.fromEntries(end.messages.map((m) => [m.error.code, m.id]));
    assert.deepEqual(codes, { [-32700]: null, [-32600]: null, [-32603]: 1 });
    for (const { error } of end.messages) assert.ok(error.data.suggestion);
  });

  it('says in one line what is wrong with its flags', async () => {
    for (const args of [['--url', 'ftp://x'], ['--url', 'x'], ['--nonsense'], ['extra']]) {
      const end = await run(args, '');
      assert.equal(end.code, 2);
      assert.match(end.stderr, /^chatd mcp: [^\n]+\n$/);
    }
  });

  it('shows its key to the node', async () => {
    const node = await ChatNode.start({ args: ['--auth', 'keys'] });
    const made = spawn(chatd, ['key', 'add', '--user', 'ada', '--data', node.data]);
    let key = '';
    made.stdout.setEncoding('utf8').on('data', (text) => (key += text));
    await new Promise((resolve) => made.once('close', resolve));
    const without = await run(['--url', node.url], begin);
    assert.match(without.messages[0].error.data.suggestion, /--key/);
    let answer;
    for (let end = Date.now() + patience; Date.now() < end && !answer?.result;)  // it takes notice
      [answer] = (await run(['--url', node.url, '--key', key.trim()], begin)).messages;
    assert.ok(answer.result, JSON.stringify(answer));
    await node.stop();
  });

  it('outlives a restart of the node', async () => {
    const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-e2e-'));
    let node = await ChatNode.start({ data });
    const client = await connect(transports.stdio(node));
    const port = node.port;
    await node.kill();
    await assert.rejects(client.listTools(), { code: -32603 });
    node = await ChatNode.start({ data, args: ['--listen', `127.0.0.1:${port}`] });
    assert.ok((await client.listTools()).tools.length > 10);
    await client.close();
    await node.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it('watches after a restart what it watched before', () => inDirectory(async (data) => {
    let node = await ChatNode.start({ data });
    const client = await connect(transports.stdio(node));
    await client.subscribeResource({ uri: room });
    const port = node.port;
    await node.kill();
    node = await ChatNode.start({ data, args: ['--listen', `127.0.0.1:${port}`] });
    // The client asks nothing: it is told to look, and from then on of what is said.
    assert.equal(await client.updates.next(any, patience, 'the word of the restart'), room);
    await node.must('chat-send', { roomId: 'general', text: 'After it' });
    assert.equal(await client.updates.next(any, patience, 'the update'), room);
    await client.close();
    await node.stop();
  }));
});
