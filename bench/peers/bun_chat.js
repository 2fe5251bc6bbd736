// The chat of the public AFD example on Bun's own publish: rooms, ids, JSON in and out. Stores
// nothing. Says its port on its first line.

let last = 0;
const nextId = () => "m" + String(++last).padStart(16, "0");

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const room = new URL(request.url).pathname.split("/").pop();
    if (server.upgrade(request, { data: { room, nickname: "somebody" } })) return undefined;
    return new Response("a WebSocket is needed", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    sendPings: false,
    backpressureLimit: 64 * 1024 * 1024,
    open(ws) {
      ws.subscribe(ws.data.room);
      ws.send(JSON.stringify({ type: "welcome", roomId: ws.data.room, lastMessageId: null }));
    },
    message(ws, data) {
      const said = JSON.parse(data);
      if (said.type !== "message") return;
      server.publish(
        ws.data.room,
        JSON.stringify({
          type: "message",
          id: nextId(),
          sender: ws.data.nickname,
          text: said.text,
          timestamp: Date.now(),
        }),
      );
    },
  },
});

console.log(`Bun ${Bun.version} is listening on 127.0.0.1:${server.port}`);
