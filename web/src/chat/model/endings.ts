// Why a connection ended, and what that means for what comes next.

import type { CommandError } from '../../shared/rpc';
import { wordsOf } from '../../shared/words';

/** again: the same session, soon. fresh: another session, soon. over: when the reader wants to. */
export interface Ending {
  next: 'again' | 'fresh' | 'over';
  title: string;
  text: string;
  /** Not before so long. */
  waitMs?: number;
  /** The room is no more, or not open any more: there is nothing to join again. */
  isRoomGone?: boolean;
  /** The session is no more: nothing to come back to. */
  isGone?: boolean;
}

const lost: Ending = { next: 'again', title: 'Connection lost', text: 'The connection was lost.' };

const byCode: Record<number, Ending> = {
  1001: { next: 'again', title: 'The node restarts', text: 'The node is stopping or restarting.' },
  1008: {
    next: 'again',
    title: 'Too fast',
    text: 'Too much was sent in too short a time.',
    waitMs: 10_000,
  },
  4000: { next: 'over', title: 'No such room', text: 'The address names no room.', isGone: true },
  4001: { next: 'again', title: 'Connection refused', text: 'The token was not taken.' },
  4002: { next: 'fresh', title: 'Session expired', text: 'The session had expired.' },
  4003: { next: 'fresh', title: 'Session mismatch', text: 'The token was for another room.' },
  // Two tabs had the same session: each has its own from now on.
  4004: {
    next: 'fresh',
    title: 'Open in another tab',
    text: 'Another tab went on with this session.',
  },
  4005: { next: 'over', title: 'The room is full', text: 'Nobody else fits in just now.' },
  4008: { next: 'again', title: 'Connection lost', text: 'This page was too slow to read.' },
};

// 4006, by the reason that the node gives.
const over = { next: 'over', isGone: true } as const;
const deleted: Ending = {
  ...over,
  isRoomGone: true,
  title: 'The room was deleted',
  text: 'Its messages are gone with it. What you wrote and did not send is still here.',
};
const ends: Record<string, Ending> = {
  'Session ended by an administrator': {
    ...over,
    title: 'You were removed from the room',
    text: 'An administrator ended your session.',
  },
  'The room was deleted': deleted,
  'You may not be in this room any more': {
    ...over,
    title: 'You may not be in this room any more',
    text: 'The room is for its members only, or your key was withdrawn.',
  },
};
const left: Ending = {
  ...over,
  title: 'You left the room',
  text: 'Your session was ended from another tab or program.',
};

export function endingOf(code: number, reason: string): Ending {
  if (code === 4006) return ends[reason] ?? left;
  const known = byCode[code];
  if (known) return known;
  return lost;
}

/** What a failed chat-connect or chat-reconnect means. */
export function endingOfError(error: CommandError): Ending {
  const why = wordsOf(error);
  const seconds = error.details?.retryAfterSeconds;
  switch (error.code) {
    case 'UNREACHABLE':
      return { next: 'again', ...why };
    case 'ROOM_NOT_FOUND':
      return { ...deleted, title: 'There is no such room any more', text: 'It was deleted, or is not open to you.' };
    case 'SESSION_NOT_FOUND':
    case 'SESSION_EXPIRED':
    case 'MAX_RECONNECTS':
      return { next: 'fresh', ...why };
    case 'SESSION_CLOSED':
      return {
        ...over,
        title: 'Your session has ended',
        text: 'It was ended while you were not connected.',
      };
    case 'ROOM_FULL':
      return endingOf(4005, '');
  }
  if (!error.retryable) return { next: 'over', ...why };
  return { next: 'again', ...why, ...(seconds !== undefined && { waitMs: seconds * 1000 }) };
}

const steps = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** How long to wait before the n-th attempt, 0 for the first: spread, as others wait as well. */
export function backoffMs(attempt: number, random: number): number {
  const step = steps[Math.min(attempt, steps.length - 1)] ?? 0;
  return Math.round(step * (0.75 + random / 2));
}
