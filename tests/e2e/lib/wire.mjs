// A network that can fail: what stands between a page and a node.

import net from 'node:net';

export class Wire {
  #server;
  #pairs = new Set();
  #isDeaf = false;
  port;

  /** To a node, by its port; `to` may be changed for the connections that come later. */
  constructor(to) {
    this.to = to;
  }

  static async to(port) {
    const wire = new Wire(port);
    await wire.mend();
    return wire;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All connections break, and none can be made. */
  async cut() {
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve()));
    this.#server = undefined;
    this.#isDeaf = false;
  }

  /** What the node says is lost from now on; what is said to it still gets there. */
  deafen() {
    this.#isDeaf = true;
  }

  async mend() {
    this.#server = net.createServer((near) => this.#join(near));
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port ?? 0, '127.0.0.1', resolve);
    });
    this.port = this.#server.address().port;
  }

  #join(near) {
    const far = net.connect(this.to, '127.0.0.1');
    const pair = [near, far];
    this.#pairs.add(pair);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (!this.#isDeaf) near.write(bytes);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        pair.forEach((other) => other.destroy());
        this.#pairs.delete(pair);
      });
    }
  }
}
