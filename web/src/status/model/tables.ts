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

export const loadSessions = (rpc: Rpc, query: string, state: string, cursor?: string) =>
  rpc.call<{ sessions: Session[]; nextCursor?: string }>('node-sessions', {
    limit: 20,
    ...(query !== '' && { query }),
    ...(state !== '' && { state }),
    ...(cursor !== undefined && { cursor }),
  });

export const endSession = (rpc: Rpc, sessionId: string): Promise<Answer<object>> =>
  rpc.call('chat-revoke', { sessionId });

export type { CommandError };
