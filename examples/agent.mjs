#!/usr/bin/env node
// A chat helper without a model: it follows one room over MCP and answers simple questions. Put your
// own agent where answerTo() is; what stands around it keeps four promises worth copying:
//
// - It sleeps until something is said (chat-poll with waitMs), and asks the node nothing meanwhile.
// - It answers each question once. The answer's ids are made of the question's, so the node stores it
//   once, whoever crashes between sending and remembering.
// - It knows where it was, from a file (--state) or from its own last answer in the room.
// - It outlives the node: one that is down or busy is asked again, later and later. And one question
//   it cannot answer keeps it from no other.
//
//   npm install @modelcontextprotocol/sdk
//   node agent.mjs --url http://127.0.0.1:3100/mcp --room general --name helper [--key KEY]
//                  [--state FILE]

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { values: options } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:3100/mcp' },
    room: { type: 'string', default: 'general' },
    name: { type: 'string', default: 'helper' },
    key: { type: 'string', default: process.env.CHATD_KEY }, // an API key, where the node asks for one
    state: { type: 'string' },
  },
});
const { room: roomId, name } = options;
if (!/^[\w-]{1,50}$/.test(name)) throw new Error('--name: letters, digits, _ and -, at most 50');

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());
const log = (text) => console.error(`${name}: ${text}`);

// --- What it has to say --------------------------------------------------------------------------

// Each answer begins with [name #number of the question]. People see who speaks, agents know each
// other by it and never answer one another, and it is where this one finds its own position.
const byAnAgent = /^\[[\w-]+ #\d+\] /;
const byMe = new RegExp(`^\\[${name} #(\\d+)\\] `);
const numberOf = (id) => Number(id.slice(1));
const idOf = (digits) => `m${digits.padStart(16, '0')}`;

const rules = [
  [/\bhelp\b|what can you do/i, () => 'I tell the time, add numbers, and count who is here.'],
  [/\btime\b/i, (question) => `It was ${question.timestamp.slice(11, 19)} UTC when you asked.`],
  [/\bwho\b.*\bhere\b|\bhow many\b.*\bhere\b/i, async () => {
    const { rooms } = await call('chat-rooms', { search: roomId });
    return `${rooms.find((room) => room.id === roomId)?.participants ?? 0} connected just now.`;
  }],
  [/\d\s*\+\s*-?\d|\b(sum|add|plus)\b.*\d/i, (question, words) => {
    const numbers = words.match(/-?\d+(\.\d+)?/g).map(Number);
    const sum = numbers.reduce((total, number) => total + number, 0);
    return `${numbers.join(' + ')} = ${Number(sum.toPrecision(12))}`;
  }],
];

// The answer, or nothing. A question mentions this agent, or nobody and ends with a question mark.
async function answerTo(question) {
  if (byAnAgent.test(question.text)) return undefined;
  const mentions = question.text.match(/@[\w-]+/g) ?? [];
  const isForMe = mentions.some((one) => one.toLowerCase() === `@${name.toLowerCase()}`);
  if (!isForMe && (mentions.length > 0 || !question.text.trim().endsWith('?'))) return undefined;
  const words = question.text.replace(/@[\w-]+/g, ''); // a name may hold digits
  const rule = rules.find(([pattern]) => pattern.test(words));
  if (rule) return rule[1](question, words);
  return isForMe ? 'That I do not know. Ask me for help to see what I do.' : undefined;
}

const textMax = 2000; // UTF-16 code units, as strings count here

// At most textMax of it, and no half of a surrogate pair at its end.
function cut(text) {
  if (text.length <= textMax) return text;
  return `${text.slice(0, textMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

async function handle(message) {
  const answer = await answerTo(message);
  if (answer === undefined) return;
  try {
    await call('chat-send', {
      roomId,
      text: cut(`[${name} #${numberOf(message.id)}] @${message.sender} ${answer}`),
      // Within its room's next messages the one is known, within a day the other, also where the
      // words are others now. Both count for each user of the node; the name tells his agents apart.
      clientMessageId: `${name}-${message.id}`,
      idempotencyKey: `${name}-${roomId}-${message.id}`,
    });
    log(`answered ${message.id}`);
  } catch (error) {
    // It was answered before, in other words. (In the same words it is no error.)
    if (error.code === 'DUPLICATE_CONFLICT') return;
    if (error.code !== 'VALIDATION_ERROR') throw error;
    log(`cannot answer ${message.id}: ${error.message}`);
  }
}

// --- Where it is ---------------------------------------------------------------------------------

function remember(id) {
  if (!options.state || id === undefined) return;
  writeFileSync(`${options.state}.new`, JSON.stringify({ roomId, since: id }));
  renameSync(`${options.state}.new`, options.state); // the old one or the new one, never half of it
}

function remembered() {
  if (!options.state) return undefined;
  try {
    const state = JSON.parse(readFileSync(options.state, 'utf8'));
    return state.roomId === roomId ? state.since : undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined; // the first start
    throw error;
  }
}

// The question that it answered last: questions are answered in their order, so it had seen all up
// to there. Anybody can write such a mark, so it is believed only where it points back. One who has
// said nothing in the last thousand messages is new and begins with what comes next.
async function lastAnswered() {
  let newest;
  for (let before, pages = 0; pages < 10; ++pages) {
    const page = await call('chat-history', { roomId, limit: 100, ...(before && { before }) });
    newest ??= page.newestMessageId;
    for (const { id, text } of page.messages.reverse()) {
      const mark = byMe.exec(text);
      if (!mark || Number(mark[1]) >= numberOf(id)) continue;
      return idOf(mark[1]);
    }
    if (!page.hasOlder) break;
    before = page.oldestMessageId;
  }
  return newest;
}

// --- The node ------------------------------------------------------------------------------------

let client;

async function connected() {
  if (client) return client;
  const headers = options.key ? { Authorization: `Bearer ${options.key}` } : {};
  const fresh = new Client({ name, version: '1.0.0' });
  await fresh.connect(new StreamableHTTPClientTransport(new URL(options.url),
    { requestInit: { headers } }));
  log(`connected to ${options.url}`);
  return (client = fresh);
}

async function disconnect() {
  const old = client;
  client = undefined;
  await old?.close().catch(() => {});
}

// The data of a command, once it succeeded. Calls again as long as that may help: a command that is
// sent twice does no harm here. A refusal that stays one is thrown.
async function call(command, input) {
  for (let failures = 0; ; ++failures) {
    let wait = Math.min(5000, 100 * 2 ** failures) * (0.5 + Math.random() / 2);
    try {
      const signal = AbortSignal.any([stopping.signal]); // the SDK never lets go of one
      const answer = await (await connected()).callTool({ name: command, arguments: input },
        undefined, { signal });
      const { success, data, error, warnings } = answer.structuredContent;
      // The node was restored from a backup, or the position is of another node: the page has what
      // comes after the newest that both know. Questions answered before are known by their ids.
      for (const warning of warnings ?? [])
        if (warning.code === 'POSITION_LOST') log(warning.message);
      if (success) return data;
      if (!error.retryable)
        throw Object.assign(new Error(`${error.message} ${error.suggestion}`),
          { code: error.code, isFinal: true });
      if (error.details?.retryAfterSeconds) wait = 1000 * error.details.retryAfterSeconds;
    } catch (error) {
      // 401 and 403: this key does not help, now or later.
      if (error.isFinal || stopping.signal.aborted || [401, 403].includes(error.code)) throw error;
      // The node is gone, or has restarted and does not know this session any more (404).
      log(`${command}: ${error.message}`);
      await disconnect();
    }
    await sleep(wait, undefined, { signal: stopping.signal });
  }
}

// --- Its life ------------------------------------------------------------------------------------

async function follow() {
  let since = remembered() ?? await lastAnswered();
  remember(since);
  for (;;) {
    // Answered as soon as something is said. An agent that only wants to hear its own name adds
    // until: { mention: name }.
    const page = await call('chat-poll', { roomId, waitMs: 25_000, ...(since && { since }) });
    for (const message of page.messages) {
      await handle(message);
      remember(message.id);
    }
    // Also where nothing came: the node may have gone back.
    if (page.lastMessageId !== since) remember(since = page.lastMessageId);
  }
}

try {
  await follow();
} catch (error) {
  if (!stopping.signal.aborted) {
    log(error.message);
    process.exitCode = 1;
  }
}
await client?.transport.terminateSession().catch(() => {});
await disconnect();
process.exit();
