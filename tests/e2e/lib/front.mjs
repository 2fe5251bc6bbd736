// A server in front of a node that puts it under a path, as reverse proxies do.

import http from 'node:http';
import net from 'node:net';

/** http://…/chat/ is the node at this port. */
export class Front {
  #server;
  #sockets = new Set();

  static async of(port, path = '/chat') {
    const front = new Front();
    const inside = (url) => (url.startsWith(`${path}/`) ? url.slice(path.length) : undefined);
    front.#server = http.createServer((request, response) => {
      const target = inside(request.url);
      if (target === undefined) return response.writeHead(404).end();
      const on = http.request(
        { host: '127.0.0.1', port, method: request.method, path: target, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        });
      on.on('error', () => response.destroy());
      request.pipe(on);
    });
    front.#server.on('connection', (socket) => {
      front.#sockets.add(socket);
      socket.on('close', () => front.#sockets.delete(socket));
    });
    front.#server.on('upgrade', (request, near, head) => {
      const target = inside(request.url);
      if (target === undefined) return near.destroy();
      const far = net.connect(port, '127.0.0.1', () => {
        const { rawHeaders: raw } = request;
        const lines = raw.flatMap((name, i) => (i % 2 ? [] : `${name}: ${raw[i + 1]}`));
        far.write(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        far.write(head);
        near.pipe(far).pipe(near);
      });
      for (const socket of [near, far]) {
        socket.on('error', () => {});
        socket.on('close', () => [near, far].forEach((one) => one.destroy()));
      }
    });
    await new Promise((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    front.url = `http://127.0.0.1:${front.#server.address().port}${path}`;
    return front;
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
