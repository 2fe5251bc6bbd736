// How messages stand below each other: days apart, those of one sender together.

import { dayOf } from './times';
import type { Message } from './timeline';

/** What is said within so long belongs together. */
export const togetherMs = 5 * 60_000;

export interface Row {
  message: Message;
  /** Goes on where the one before ended: no name, no picture. */
  isGrouped: boolean;
  /** The first of its day. */
  startsDay: boolean;
  /** The first that the reader has not seen. */
  isFirstUnseen: boolean;
}

/** Rows `from` to `to` of all; what stands before them counts for how the first one looks. */
export function rowsOf(
  messages: readonly Message[],
  from: number,
  to: number,
  seenId: string | null,
): Row[] {
  const rows: Row[] = [];
  for (let i = from; i < to; ++i) {
    const message = messages[i]!;
    const before = messages[i - 1];
    const startsDay = !before || dayOf(before.at) !== dayOf(message.at);
    const isFirstUnseen =
      seenId !== null && message.id > seenId && before !== undefined && before.id <= seenId;
    // Somebody else may have the reader's name.
    const isSame = before?.sender === message.sender && before.isMine === message.isMine;
    const isClose = isSame && message.at - before.at < togetherMs;
    const isGrouped = isClose && !startsDay && !isFirstUnseen && !before?.isDeleted;
    rows.push({ message, isGrouped, startsDay, isFirstUnseen });
  }
  return rows;
}
