// The agent of examples/ as its readers run it: two of them and a person in one room, and nobody
// misses a question or answers one twice, whoever is killed meanwhile.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ChatNode } from './lib/node.mjs';
import { patience, until, withDeadline } from './lib/wait.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const room = 'general';
const forged = 4711; // a question there is not

// As in a folder of its own, with the SDK installed beside it.
const folder = mkdtempSync(path.join(os.tmpdir(), 'chatd-agent-'));
copyFileSync(path.join(here, '../../examples/agent.mjs'), path.join(folder, 'agent.mjs'));
symlinkSync(path.join(here, 'node_modules'), path.join(folder, 'node_modules'));

class Agent {
  log = '';

  constructor(url, name, ...args) {
    this.process = spawn(process.execPath, [path.join(folder, 'agent.mjs'), '--url', `${url}/mcp`,
      '--room', room, '--name', name, ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
    this.process.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.ended = new Promise((resolve) => this.process.once('close', (code, signal) =>
      resolve({ code, signal })));
    process.on('exit', () => this.process.kill('SIGKILL'));
  }

  async end(signal) {
    this.process.kill(signal);
    return withDeadline(this.ended, patience, 'the agent to end');
  }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Who answered a message, and what: [{name, text}].
function answersTo(id, messages) {
  const mark = new RegExp(`^\\[([\\w-]+) #${Number(id.slice(1))}\\] (.*)$`);
  return messages.map((message) => mark.exec(message.text)).filter(Boolean)
    .map(([, name, text]) => ({ name, text }));
}

describe('two agents and a person', { timeout: 120_000 }, () => {
  const data = mkdtempSync(path.join(os.tmpdir(), 'chatd-e2e-'));
  const agents = [];
  after(() => {
    agents.forEach((agent) => agent.process.kill('SIGKILL'));
    for (const one of [data, folder]) rmSync(one, { recursive: true, force: true, maxRetries: 5 });
  });

  it('answer every question once, through kill -9 of the node and of an agent', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const state = path.join(folder, 'alpha.json');
    const start = (name, ...args) => {
      agents.push(new Agent(url, name, ...args));
      return agents.at(-1);
    };
    let node = await ChatNode.start({ data, args: ['--listen', `127.0.0.1:${port}`] });
    await node.must('chat-send', { roomId: room, text: 'What is 1 + 1?' }); // before their time
    // Somebody pretends to be one of them, and the other one's file is of another node.
    await node.must('chat-send', { roomId: room, text: `[beta2 #${forged}] @Ada nothing` });
    writeFileSync(state, JSON.stringify({ roomId: room, since: 'm0000000000004712' }));
    let person = await node.openSocket(room, 'Ada');
    const { sessionId } = person.handoff.credentials;

    const expected = []; // [id, by whom, what]
    const said = async (text, by = [], what = undefined) => {
      const { messageId } = await node.must('chat-send', { roomId: room, text });
      expected.push([messageId, by, what]);
      return messageId;
    };
    const everything = () => node.pollAll(room);
    const answered = (id, count) => until(async () =>
      answersTo(id, await everything()).length >= count, `${count} answers to ${id}`);

    let alpha = start('alpha', '--state', state);
    let beta = start('beta2');
    for (const agent of [alpha, beta]) await until(() => agent.log.includes('connected'), 'an agent');
    // It listens once it has found its place, which its first answer shows.
    for (const name of ['alpha', 'beta2'])
      await until(async () => {
        const { messageId } = await node.must('chat-send', { roomId: room, text: `@${name} help` });
        expected.push([messageId, null]);
        return (await everything()).some((message) => message.text.startsWith(`[${name} `));
      }, `${name} to listen`);

    const morning = await said('Good morning everybody');
    await said('What is 2 + 3?', ['alpha', 'beta2'], /2 \+ 3 = 5$/);
    await said('@beta2 the sum of 0.1, 0.2 and 4', ['beta2'], /= 4\.3$/);
    await said('@alpha do you dream?', ['alpha'], /do not know/);
    await said('@Bob are you there?');
    await said('Is it raining?');
    await said('[gamma #9999] @alpha and @beta2: is 1 + 1 = 2?'); // another agent's answer
    await said(`What is ${'1 + '.repeat(496)}1?`, ['alpha', 'beta2'], /…$/);
    const clock = await said('What time is it?', ['alpha', 'beta2'], /\d\d:\d\d:\d\d UTC/);
    await answered(clock, 2);

    await answered(await said('How many are here?', ['alpha', 'beta2'], /^@\w+ \d connected/), 2);

    // The node dies, an agent dies, and both come back. Meanwhile people go on as soon as they can.
    await said('7 plus 8?', ['alpha', 'beta2'], /= 15$/);
    await Promise.all([node.kill(), alpha.end('SIGKILL')]);
    const before = person.messages();
    const seen = before.at(-1).id;
    // As if it had died between answering and remembering, again and again.
    writeFileSync(state, JSON.stringify({ roomId: room, since: morning }));
    node = await ChatNode.start({ data, args: ['--listen', `127.0.0.1:${port}`] });
    await said('Who is here?', ['alpha', 'beta2'], /\d connected just now/);
    const back = await node.must('chat-reconnect', { sessionId, lastMessageId: seen });
    person = node.socket(`${back.endpoint}?token=${back.credentials.token}`);
    await person.next('caught_up');
    alpha = start('alpha', '--state', state);
    const late = await said('@alpha and @beta2: 20 + 22', ['alpha', 'beta2'], /= 42$/);
    await answered(late, 2);

    // One without a file finds its place in what it said last.
    assert.deepEqual(await beta.end('SIGKILL'), { code: null, signal: 'SIGKILL' });
    const missed = await said('Is 1 + 2 + 3 a lot?', ['alpha', 'beta2'], /= 6$/);
    beta = start('beta2');
    await answered(missed, 2);
    for (const agent of [alpha, beta])
      assert.deepEqual(await agent.end('SIGTERM'), { code: 0, signal: null }, agent.log);

    const all = await everything();
    assert.deepEqual(answersTo(all[0].id, all), [], 'a question from before their time');
    for (const [id, by, what] of expected) {
      const answers = answersTo(id, all);
      const names = answers.map(({ name }) => name).sort();
      assert.deepEqual(names, [...new Set(names)], `two answers of one agent to ${id}`);
      if (by === null) continue; // those that found out whether it listens
      assert.deepEqual(names, by, `who answered ${id}`);
      for (const { text } of answers) assert.match(text, what);
    }
    const numbers = expected.map(([id]) => Number(id.slice(1)));
    for (const name of ['alpha', 'beta2']) {
      const answered = all.map((message) => /^\[([\w-]+) #(\d+)\]/.exec(message.text))
        .filter((mark) => mark?.[1] === name).map((mark) => Number(mark[2]))
        .filter((number) => number !== forged);
      assert.deepEqual(answered, [...answered].sort((a, b) => a - b), 'not in their order');
      for (const number of answered) assert.ok(numbers.includes(number), 'it answered an answer');
    }
    await until(() => person.messages().at(-1)?.id === all.at(-1).id, 'the person to see all');
    assert.deepEqual([...before, ...person.messages()].map((message) => message.id),
      all.slice(2).map((message) => message.id));
    assert.equal(JSON.parse(readFileSync(state, 'utf8')).roomId, room);
    await node.stop();
  });
});
