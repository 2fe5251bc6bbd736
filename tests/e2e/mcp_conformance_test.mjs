// The public conformance suites of MCP against the protocol layer, with the tools, resources and
// prompts that they call by name (tests/mcp_fixture); and the Inspector against the node itself.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChatNode } from './lib/node.mjs';
import { runModule, startFixture } from './lib/mcp.mjs';

// Extensions that the node does not offer, and says so: nothing of them is required.
const extensions = /^(tasks|sep-2640)-/;

/** Scenario names by outcome, out of the summary that the suite prints. */
function outcomes(stdout) {
  const lines = [...stdout.matchAll(/^([✓✗]) (\S+): (\d+) passed, (\d+) failed$/gm)];
  const names = (mark) => lines.filter(([, m]) => m === mark).map(([, , name]) => name);
  return { passed: names('✓'), failed: names('✗').filter((name) => !extensions.test(name)) };
}

describe('MCP conformance', { timeout: 250_000 }, () => {
  let fixture;
  before(async () => (fixture = await startFixture()));
  after(() => fixture.stop());

  const suites = [
    ['mcp-conformance', ['--suite', 'all'], 32],
    ['mcp-conformance-next', ['--requirements', '2025-11-25'], 33],
    ['mcp-conformance-next', ['--requirements', '2026-07-28'], 40],
  ];
  for (const [name, args, count] of suites) {
    it(`${name} ${args.join(' ')}`, async () => {
      const end = await runModule(`${name}/dist/index.js`,
        ['server', '--url', `${fixture.url}/mcp`, ...args]);
      const { passed, failed } = outcomes(end.stdout);
      assert.deepEqual(failed, [], end.stdout.slice(-20_000));
      assert.ok(passed.length >= count, `only ${passed.length} scenarios ran: ${passed}`);
    });
  }
});

describe('the Inspector', { timeout: 250_000 }, () => {
  let node;
  before(async () => (node = await ChatNode.start()));
  after(() => node.stop());

  const inspect = async (...args) => {
    const end = await runModule('@modelcontextprotocol/inspector/clients/launcher/build/index.js',
      ['--cli', `${node.url}/mcp`, '--transport', 'http', '--format', 'text', ...args]);
    assert.equal(end.code, 0, end.stdout + end.stderr);
    return end.stdout;
  };

  it('finds the tools portable', async () => {
    assert.match(await inspect('--method', 'tools/list', '--strict'), /chat-poll/);
  });
  it('calls, reads and prompts', async () => {
    assert.match(await inspect('--method', 'tools/call', '--tool-name', 'chat-rooms'), /general/);
    assert.match(await inspect('--method', 'resources/list'), /chat:\/\/rooms\/general/);
    assert.match(await inspect('--method', 'resources/read', '--uri', 'chat://rooms/general'),
      /lastMessageId|messages/);
    assert.match(await inspect('--method', 'prompts/list'), /summarise-room/);
  });
});
