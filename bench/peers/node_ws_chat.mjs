// The chat of the public AFD example, as it stands there: Node with `ws`, a loop over the room's
// sockets. Stores nothing. Says its port on its first line.

import { WebSocketServer } from "ws";

let last = 0;
const nextId = () => "m" + String(++last).padStart(16, "0");
const rooms = new Map();

const wss = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

wss.on("connection", (ws, request) => {
  const roomId = request.url.split("/").pop();
  if (!rooms.has(roomId)) rooms.set(roomId, new Set());
  const room = rooms.get(roomId);
  room.add(ws);
  ws.send(JSON.stringify({ type: "welcome", roomId, lastMessageId: null }));
  ws.on("message", (data) => {
    const said = JSON.parse(data.toString());
    if (said.type !== "message") return;
    const event = JSON.stringify({
      type: "message",
      id: nextId(),
      sender: "somebody",
      text: said.text,
      timestamp: Date.now(),
    });
    for (const member of room) member.send(event);
  });
  ws.on("close", () => room.delete(ws));
});

wss.on("listening", () => {
  console.log(`Node ${process.version} with ws is listening on 127.0.0.1:${wss.address().port}`);
});
