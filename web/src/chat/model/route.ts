// Where the reader is, as the URL's fragment: `#/general`, `#/general/m0000000000000012`. The node
// never sees it.

export interface Route {
  roomId?: string;
  messageId?: string;
}

export function parseRoute(hash: string): Route {
  const [, roomId, messageId] = /^#\/([A-Za-z0-9._-]{1,64})(?:\/(m[0-9]{16}))?$/.exec(hash) ?? [];
  return { ...(roomId !== undefined && { roomId }), ...(messageId !== undefined && { messageId }) };
}

export function hrefOf(roomId: string, messageId?: string): string {
  return messageId === undefined ? `#/${roomId}` : `#/${roomId}/${messageId}`;
}
