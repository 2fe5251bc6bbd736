// What the node tells of itself, held to the tools of others: TypeScript's compiler, a JSON Schema
// validator, an OpenAPI validator.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import ts from 'typescript';
import { ChatNode } from './lib/node.mjs';

/** What TypeScript's compiler has to say about a module. */
function complaints(code) {
  const name = 'commands.ts';
  const options = {
    strict: true, noEmit: true, lib: ['lib.es5.d.ts'], target: ts.ScriptTarget.ES2022, types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, code, options.target, true) : read(file, ...rest);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program)
    .map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'));
}

describe('the node describes itself', { timeout: 120_000 }, () => {
  let node;
  let commands;
  before(async () => {
    node = await ChatNode.start();
    commands = (await node.must('afd-help')).commands.map((command) => command.name);
  });
  after(() => node.stop());

  it('in TypeScript that the compiler takes, and that says no to what is wrong', async () => {
    const { typescript, schemas, count } =
      await node.must('afd-schema', { format: 'typescript' });
    assert.equal(count, commands.length);
    assert.deepEqual(schemas.map((schema) => schema.name), commands);
    const good = [
      'const a: ChatSendInput = { roomId: "general", text: "Hello" };',
      'const b: AfdPipeInput = { steps: [{ command: "chat-rooms", when: { $exists: "$prev" } }] };',
      'const c: ChatPollOutput["messages"][0]["id"] = "m1";',
    ];
    assert.deepEqual(complaints([typescript, ...good].join('\n')), []);
    const bad = [
      'const d: ChatSendInput = { roomId: "general" };',
      'const e: AfdHelpInput = { format: "long" };',
      'const f: AfdBatchInput = { commands: [{ input: {} }] };',
    ];
    assert.equal(complaints([typescript, ...bad].join('\n')).length, bad.length);
  });

  it('in JSON Schemas that say what its commands take and answer', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const name of commands) {
      const [detail] = await node.must('afd-detail', { command: name });
      assert.equal(detail.found, true);
      assert.ok(ajv.validateSchema(detail.inputSchema), name);
      assert.ok(ajv.validateSchema(detail.outputSchema), name);
      const { commands: [{ examples = [] }] } =
        await node.must('afd-help', { filter: name, format: 'full' });
      for (const { input } of examples) assert.ok(ajv.validate(detail.inputSchema, input), name);
    }
    const [{ outputSchema }] = await node.must('afd-detail', { command: 'afd-pipe' });
    const answer = await node.call('afd-pipe', { steps: [{ command: 'chat-rooms' }] });
    assert.ok(ajv.validate(outputSchema, answer), JSON.stringify(ajv.errors));
  });

  it('as OpenAPI 3.1 that a validator takes, made of all its commands', async () => {
    const answer = await node.request({ path: '/openapi.json' });
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^application\/json/);
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(answer.json));
    assert.ok(valid, JSON.stringify(errors, null, 1));
    assert.equal(validator.version, '3.1');
    const { paths, components, servers } = answer.json;
    assert.equal(servers[0].url, node.url);
    for (const path of ['/rpc', '/batch', '/stream/{command}', '/message', '/health', '/llms.txt'])
      assert.ok(paths[path], path);
    assert.deepEqual(Object.keys(paths['/stream/{command}']).sort(), ['get', 'post']);
    assert.equal(components.schemas.Call.anyOf.length, commands.length);
    const all = Object.values(paths).flatMap((path) => Object.values(path));
    assert.equal(new Set(all.map((one) => one.operationId)).size, all.length);

    // Generators of typed clients refuse a list of nobody knows what.
    const untyped = [];
    const look = (value, at) => {
      if (typeof value !== 'object' || value === null) return;
      const types = [value.type].flat();
      if (types.includes('array') && !Array.isArray(value) && value.items === undefined)
        untyped.push(at);
      for (const [key, inner] of Object.entries(value)) look(inner, `${at}/${key}`);
    };
    look(answer.json, '');
    assert.deepEqual(untyped, []);
    for (const one of all) {
      const refusals = Object.keys(one.responses).filter((status) => /^4\d\d$/.test(status));
      assert.ok(refusals.length > 0, one.operationId);
      if (one.security === undefined) assert.ok(refusals.includes('401'), one.operationId);
    }

    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(answer.json, 'api');
    const isCall = ajv.compile({ $ref: 'api#/components/schemas/Call' });
    assert.ok(isCall({ id: 1, method: 'chat-poll', params: { roomId: 'general' } }));
    assert.ok(!isCall({ id: 1, method: 'chat-poll', params: {} }));
    assert.ok(!isCall({ id: 1, method: 'chat-pol' }));
    const isAnswer = ajv.compile({ $ref: 'api#/components/schemas/CallAnswer' });
    for (const [method, params] of [['chat-rooms', {}], ['chat-poll', {}], ['node-status', {}]]) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const called = await node.post('/rpc', body);
      assert.ok(isAnswer(called.json), JSON.stringify(isAnswer.errors));
    }
  });

  it('in words, for agents', async () => {
    const answer = await node.request({ path: '/llms.txt' });
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^text\/markdown/);
    assert.match(answer.text, /^# chatd\n\n> /);
    for (const name of commands) assert.ok(answer.text.includes(`- \`${name} {`), name);
    assert.ok(answer.text.includes(`(${node.url}/rpc)`));
  });
});

describe('a node with API keys', { timeout: 120_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start({ args: ['--auth', 'keys'] })));
  after(() => node.stop());

  it('describes itself, runs batches and streams to known callers only', async () => {
    const doors = [
      ['GET', '/llms.txt'], ['GET', '/openapi.json'], ['POST', '/batch'],
      ['GET', '/stream/chat-rooms'], ['POST', '/stream/chat-rooms'],
    ];
    for (const [method, path] of doors) {
      const answer = await node.request({
        method, path, headers: { 'Content-Type': 'application/json', 'Content-Length': 0 },
      });
      assert.equal(answer.status, 401, path);
      assert.equal(answer.json.error.code, 'UNAUTHORIZED');
    }
  });
});
