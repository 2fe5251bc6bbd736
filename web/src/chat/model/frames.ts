// What the node sends over a room's WebSocket.

export interface MessageFrame {
  type: 'message';
  id: string;
  sender: string;
  text: string;
  timestamp: number;
  clientMessageId?: string; // on this session's own
}

export type Frame =
  | MessageFrame
  | {
      type: 'welcome';
      roomId: string;
      sessionId: string;
      participants: string[];
      participantCount?: number;
      lastMessageId: string | null;
    }
  | { type: 'user_joined' | 'user_left'; nickname: string; timestamp: number }
  | { type: 'typing'; nickname: string }
  | { type: 'reaction'; messageId: string; emoji: string; nickname: string; timestamp: number }
  | { type: 'message_edited'; id: string; messageId: string; text: string; timestamp: number }
  | { type: 'message_deleted'; id: string; messageId: string; timestamp: number }
  | { type: 'history_gap'; since: string | null; until: string; reason?: string }
  | { type: 'caught_up'; lastMessageId: string | null }
  | { type: 'pong' }
  | {
      type: 'error';
      code: string;
      message: string;
      suggestion?: string;
      retryable?: boolean;
      retryAfterMs?: number;
      clientMessageId?: string;
    };

/** Nothing for what is no frame; unknown types are for whoever reads them to ignore. */
export function parseFrame(data: unknown): Frame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    const isFrame = typeof frame === 'object' && frame !== null && 'type' in frame;
    return isFrame ? (frame as Frame) : undefined;
  } catch {
    return undefined;
  }
}
