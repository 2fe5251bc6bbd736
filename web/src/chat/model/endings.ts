// Why a connection ended, and what that means for what comes next.

import type { CommandError } from '../../shared/rpc';

/** again: the same session, soon. fresh: another session, soon. over: when the reader wants to. */
export interface Ending {
  next: 'again' | 'fresh' | 'over';
  title: string;
  text: string;
  /** Not before so long. */
  waitMs?: number;
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
  4004: {
    next: 'over',
    title: 'Open somewhere else',
    text: 'This conversation went on in another tab or window.',
  },
  4005: { next: 'over', title: 'The room is full', text: 'Nobody else fits in just now.' },
  4006: {
    next: 'over',
    title: 'Session ended',
    text: 'The session was ended, here, in another place, or by an administrator.',
    isGone: true,
  },
  4008: { next: 'again', title: 'Connection lost', text: 'This page was too slow to read.' },
};

export function endingOf(code: number, reason: string): Ending {
  const known = byCode[code];
  if (known) return known;
  return reason === '' ? lost : { ...lost, text: `The connection was closed: ${reason}.` };
}

/** What a failed chat-connect or chat-reconnect means. */
export function endingOfError(error: CommandError): Ending {
  const why = { title: error.message, text: error.suggestion ?? '' };
  const seconds = error.details?.retryAfterSeconds;
  switch (error.code) {
    case 'UNREACHABLE':
      return { next: 'again', title: 'Node not reachable', text: 'The node cannot be reached.' };
    case 'SESSION_NOT_FOUND':
    case 'SESSION_EXPIRED':
    case 'MAX_RECONNECTS':
      return { next: 'fresh', ...why };
    case 'SESSION_CLOSED':
      return endingOf(4006, '');
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
