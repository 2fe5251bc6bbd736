// The least an HTTP server on Node can be: reads the request, answers the bytes of a file from
// memory. Says its port on its first line.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const answer = readFileSync(process.argv[2]);

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Content-Length": answer.length,
    });
    response.end(answer);
  });
});

server.listen(0, "127.0.0.1", () => {
  console.log(`Node ${process.version} is listening on 127.0.0.1:${server.address().port}`);
});
