// What the public AFD tools do, where their npm package does not do it for us.

import assert from 'node:assert/strict';
import http from 'node:http';

// As Node's fetch, which the tool uses, sends them.
const fetchHeaders = {
  accept: '*/*', 'accept-language': '*', 'sec-fetch-mode': 'cors', 'user-agent': 'node',
};

/**
 * `afd call NAME INPUT` of the command-line tool 0.6.0. Each call is a process of its own: a new
 * connection, GET /health, then initialize, tools/list and tools/call at POST /message, without a
 * session and without `notifications/initialized`. Answers the result of each step.
 */
export async function afdCall(node, name, input = {}) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let lastId = 0;
  const post = async (method, params) => {
    const id = ++lastId;
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    const answer = await node.request({
      method: 'POST', path: '/message', body, agent,
      headers: {
        ...fetchHeaders, 'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.deepEqual(Object.keys(answer.json).sort(), ['id', 'jsonrpc', 'result'], answer.text);
    assert.equal(answer.json.jsonrpc, '2.0');
    assert.equal(answer.json.id, id);
    return answer.json.result;
  };
  try {
    const health = await node.request({ path: '/health', agent, headers: fetchHeaders });
    assert.equal(health.status, 200);
    const initialized = await post('initialize', {
      protocolVersion: '2024-11-05',
      capabilities: { roots: { listChanged: false } },
      clientInfo: { name: '@lushly-dev/afd-cli', version: '0.6.0' },
    });
    const { tools } = await post('tools/list');
    const called = await post('tools/call', { name, arguments: input });
    return { health: health.json, initialized, tools, called, result: resultOf(called) };
  } finally {
    agent.destroy();
  }
}

/** The CommandResult in an MCP tool result; it stands there twice. */
export function resultOf(called) {
  assert.equal(called.content.length, 1);
  assert.equal(called.content[0].type, 'text');
  const result = JSON.parse(called.content[0].text);
  assert.deepEqual(called.structuredContent, result);
  assert.equal(called.isError, !result.success);
  return result;
}

/**
 * `connectHandoff` of the newer public client library, which is not on npm: no token in the URL; on
 * open it authenticates with the first message, and the application may send at once, before any
 * answer. `onOpen` is that application; `cork` puts all of it into one packet.
 */
export function connectHandoff(node, handoff, { onOpen = () => {}, cork = false } = {}) {
  const socket = node.socket(handoff.endpoint);
  socket.handoff = handoff;
  socket.ws.once('open', () => {
    const stream = socket.ws._socket;
    if (cork) stream.cork();
    socket.send({ type: 'auth', token: handoff.credentials.token });
    socket.send({ type: 'auth_headers', headers: {} });
    onOpen(socket);
    if (cork) stream.uncork();
  });
  return socket;
}
