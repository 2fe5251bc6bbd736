import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { RoomLog } from '../model/log';
import { positionOf, type Message } from '../model/timeline';

const rowsAtFirst = 60;
const rowsMore = 60;
const rowsMax = 260; // in the page at a time: scrolling stays smooth however long the room is
const marginPx = 900; // so near to an end there has to be more
const bottomPx = 48; // so near to the end one follows what comes

/** The part of a log that is in the page: from a message to another, or to whatever comes. */
interface Part {
  from: string | null; // null: as many as at first
  to: string | null; // null: the newest
}

export interface ListWindow {
  from: number;
  to: number;
  isFollowing: boolean;
  /** To be called before the list changes. */
  remember: () => void;
  onScroll: () => void;
  toNewest: () => void;
  toMessage: (id: string) => void;
}

/**
 * Which rows of a long list are in the page. What is in sight stays where it is, whatever comes or
 * goes above and below; who is at the end stays there.
 */
export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  log: RoomLog,
  whenFollowing: () => void,
): ListWindow {
  const { messages } = log;
  const [part, setPart] = useState<Part>({ from: null, to: null });
  const [isFollowing, setFollowing] = useState(true);
  const following = useRef(true);
  const seenTop = useRef(0); // how far it was scrolled when we last looked
  const anchor = useRef<{ id: string; top: number }>(undefined);
  const isOwed = useRef(false); // it could not be put back: there was nothing above to scroll to
  const target = useRef<string>(undefined);
  const placed = useRef<{ messages: readonly Message[]; from: number; to: number }>(undefined);

  const to =
    part.to === null
      ? messages.length
      : Math.min(positionOf(messages, part.to) + 1, messages.length);
  let from = part.from === null ? Math.max(0, to - rowsAtFirst) : positionOf(messages, part.from);
  if (part.to === null && isFollowing && to - from > rowsMax) from = to - rowsAtFirst;

  const follow = useCallback((follows: boolean) => {
    following.current = follows;
    setFollowing(follows);
  }, []);

  // The row in the middle, and where it is. Not the first one in sight: the first of all looks
  // otherwise once there is one before it.
  const remember = () => {
    const box = scroller.current;
    if (!box || isOwed.current) return;
    const { top } = box.getBoundingClientRect();
    const center = top + box.clientHeight / 2;
    const rows = box.querySelectorAll<HTMLElement>('[data-id]');
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]!.getBoundingClientRect().bottom <= center) low = middle + 1;
      else high = middle;
    }
    const row = rows[Math.min(low, rows.length - 1)];
    anchor.current = row && { id: row.dataset['id']!, top: row.getBoundingClientRect().top - top };
  };

  // More rows where one comes near to an end, fewer at the other: true. Else more messages.
  const fill = (box: HTMLElement): boolean => {
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const upTo = (last: number) =>
      last === messages.length ? null : (messages[last - 1]?.id ?? null);
    if (box.scrollTop < marginPx && from > 0) {
      const first = Math.max(0, from - rowsMore);
      setPart({ from: messages[first]!.id, to: upTo(Math.min(to, first + rowsMax)) });
      return true;
    }
    if (below < marginPx && to < messages.length) {
      const last = Math.min(messages.length, to + rowsMore);
      setPart({ from: messages[Math.max(from, last - rowsMax)]!.id, to: upTo(last) });
      return true;
    }
    if (log.isLoaded && !log.error) {
      if (box.scrollTop < marginPx && log.hasOlder) void log.loadOlder();
      if (below < marginPx && log.hasNewer) void log.loadNewer();
    }
    return false;
  };

  // Whoever scrolls up wants to stay there, however little it was so far: the event tells of it
  // after the page may have changed.
  const hasLeft = (box: HTMLElement): boolean =>
    box.scrollTop < seenTop.current - 1 &&
    box.scrollHeight - box.scrollTop - box.clientHeight >= 2;

  // True if it is still where the end is.
  const stayAtEnd = (box: HTMLElement): boolean => {
    if (following.current && hasLeft(box)) follow(false);
    if (following.current) box.scrollTop = box.scrollHeight;
    seenTop.current = box.scrollTop;
    return following.current;
  };

  const onScroll = () => {
    const box = scroller.current;
    if (!box) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    const isAtEnd = to === messages.length && !log.hasNewer;
    follow(isAtEnd && below < bottomPx && !hasLeft(box));
    seenTop.current = box.scrollTop;
    isOwed.current = false;
    fill(box);
  };

  // After each change of what is there: back to what was in sight. Not by the effect's own list of
  // what it depends on: React takes that from renderings it throws away, too, and such a one may
  // have seen messages that are not in the page yet.
  useLayoutEffect(() => {
    const box = scroller.current;
    const was = placed.current;
    if (!box || (was?.messages === messages && was.from === from && was.to === to)) return;
    placed.current = { messages, from, to };
    const wanted = target.current;
    const row = wanted && box.querySelector<HTMLElement>(`[data-id="${wanted}"]`);
    if (row) {
      target.current = undefined;
      row.scrollIntoView({ block: 'center' });
      row.focus({ preventScroll: true });
    } else if (!stayAtEnd(box) && anchor.current) {
      const { id, top } = anchor.current;
      const kept = box.querySelector<HTMLElement>(`[data-id="${id}"]`);
      if (kept) {
        const moved = kept.getBoundingClientRect().top - box.getBoundingClientRect().top - top;
        const before = box.scrollTop;
        if (Math.abs(moved) >= 1) box.scrollTop += moved;
        isOwed.current = Math.abs(box.scrollTop - before - moved) > 1;
      }
    }
    seenTop.current = box.scrollTop;
    if (following.current) whenFollowing();
    // What is added now is above, and before anybody sees the page.
    if (!fill(box)) isOwed.current = false;
  });

  // The window, the composer or a picture changes its size.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(() => {
      stayAtEnd(box);
    });
    observer.observe(box);
    if (box.firstElementChild) observer.observe(box.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const toNewest = useCallback(() => {
    log.showNewest();
    setPart({ from: null, to: null });
    follow(true);
    const box = scroller.current;
    if (!box) return;
    box.scrollTop = box.scrollHeight;
    seenTop.current = box.scrollTop;
  }, [log]);

  const toMessage = useCallback((id: string) => {
    const all: readonly Message[] = log.messages;
    const at = positionOf(all, id);
    const first = Math.max(0, at - rowsMore);
    const last = Math.min(all.length, at + rowsMore);
    target.current = id;
    follow(false);
    setPart({ from: all[first]?.id ?? null, to: last === all.length ? null : all[last - 1]!.id });
  }, [log]);

  return { from, to, isFollowing, remember, onScroll, toNewest, toMessage };
}
