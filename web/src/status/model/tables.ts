// Rooms and sessions, a page after the other.

import type { Answer, CommandError, Rpc } from '../../shared/rpc';

export interface Room {
  id: string;
  name: string;
  visibility: string;
  active: boolean;
  participants: number;
  maxParticipants: number;
  messages: number;
  messagesPerSecond: number;
  deliveriesPerSecond: number;
}

export interface Session {
  sessionId: string;
  userId: string;
  nickname: string;
  kind: string;
  roomId: string;
  state: string;
  transport: string;
  createdAt: string;
  since: string;
  lastActivity?: string;
  address?: string;
  endedBy?: string;
  reconnects: number;
  messagesSent: number;
  messagesReceived: number;
}

export const roomOrders = {
  deliveries: 'deliveries a second',
  rate: 'messages a second',
  messages: 'messages since the start',
  members: 'connected members',
} as const;
export type RoomOrder = keyof typeof roomOrders;

export const sessionStates = ['pending', 'connected', 'disconnected', 'closed', 'expired'] as const;

export const loadRooms = (rpc: Rpc, sort: RoomOrder) =>
  rpc.call<{ rooms: Room[]; total: number }>('node-rooms', { sort, limit: 10 });

interface SessionPage {
  sessions: Session[];
  nextCursor?: string;
}

const pageMax = 100; // the most that the node gives at a time

/** So many, the newest first, page after page. */
export async function loadSessions(
  rpc: Rpc,
  query: string,
  state: string,
  wanted: number,
): Promise<Answer<{ sessions: Session[]; hasMore: boolean }>> {
  const sessions: Session[] = [];
  let cursor: string | undefined;
  do {
    const answer = await rpc.call<SessionPage>('node-sessions', {
      limit: Math.min(wanted - sessions.length, pageMax),
      ...(query !== '' && { query }),
      ...(state !== '' && { state }),
      ...(cursor !== undefined && { cursor }),
    });
    if (!answer.success) return answer;
    sessions.push(...answer.data.sessions);
    cursor = answer.data.nextCursor;
  } while (cursor !== undefined && sessions.length < wanted);
  return { success: true, data: { sessions, hasMore: cursor !== undefined } };
}

export const endSession = (rpc: Rpc, sessionId: string): Promise<Answer<object>> =>
  rpc.call('chat-revoke', { sessionId });

export type { CommandError };
