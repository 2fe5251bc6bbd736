import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { wordsOf } from '../../shared/words';
import type { Chat } from '../model/chat';
import type { RoomLog } from '../model/log';
import { hrefOf } from '../model/route';
import type { Unsent } from '../model/outbox';
import { rowsOf, togetherMs } from '../model/rows';
import type { RoomSession } from '../model/session';
import type { Message } from '../model/timeline';
import { dayName } from '../model/times';
import { BeforeUpdate } from './BeforeUpdate';
import { Icon } from '../../shared/view/Icon';
import { MessageRow } from './MessageRow';
import { RoomBeginning } from './RoomBeginning';
import { UnsentRow } from './UnsentRow';
import { useWindow } from './use_window';

/** All that was said, as far as one reads. */
export function MessageList({ chat, log, session, editingId, onEdit }: {
  chat: Chat;
  log: RoomLog;
  session: RoomSession | undefined;
  editingId: string | undefined;
  onEdit: (message: Message) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  // Where the line stands between what was seen and what is new: as it was when one came.
  const [seenId, setSeenId] = useState(() => session?.reader.seenId ?? null);
  const [active, setActive] = useState<string>();
  const { messages } = log;
  const view = useWindow(scroller, log, () => {
    if (!document.hidden && session && log.isLoaded) session.seen();
  });
  const rows = useMemo(
    () => rowsOf(messages, view.from, view.to, seenId),
    [messages, view.from, view.to, seenId],
  );
  const names = useMemo(
    () => new Set(session?.people.list().flatMap(([name]) => mentionsOf(name))),
    [session, session?.people.count],
  );
  const wanted = chat.route.roomId === log.roomId ? chat.route.messageId : undefined;
  useEffect(() => {
    if (wanted === undefined) return;
    let isOver = false;
    void log.showAround(wanted).then((isThere) => {
      if (isThere && !isOver) view.toMessage(wanted);
    });
    return () => {
      isOver = true;
    };
  }, [wanted, log]);
  useEffect(() => {
    const onVisible = () => {
      if (document.hidden) setSeenId(log.newest?.id ?? null);
      else if (view.isFollowing) session?.seen();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  }, [session, log, view.isFollowing]);

  const toNewest = () => {
    if (chat.route.messageId !== undefined) history.replaceState(null, '', hrefOf(log.roomId));
    chat.route = { roomId: log.roomId };
    view.toNewest();
  };
  // Whoever says something wants to see it there.
  const said = session?.sender.said ?? 0;
  const saidBefore = useRef(said);
  useLayoutEffect(() => {
    if (said > saidBefore.current) toNewest();
    saidBefore.current = said;
  }, [said]);
  const now = Date.now();
  const isLive = session?.connection.kind === 'connected';
  const isAtEnd = view.to === messages.length && !log.hasNewer;
  const focusable = rows.some((row) => row.message.id === active)
    ? active
    : rows[rows.length - 1]?.message.id;
  return (
    <div className="messages-frame">
      <div className="messages" ref={scroller} onScroll={view.onScroll}>
        <div className="messages-inner">
          {view.from === 0 && !log.hasOlder && log.isLoaded && !session?.isRoomGone && (
            <RoomBeginning room={chat.rooms.find(log.roomId)} roomId={log.roomId}
              isEmpty={messages.length === 0} isMember={session !== undefined} />
          )}
          <LoadingState log={log} />
          <BeforeUpdate look={view.remember} />
          <ol onKeyDown={(event) => moveFocus(event, log)}
            onBlur={({ currentTarget, relatedTarget }) => {
              if (!currentTarget.contains(relatedTarget)) setActive(undefined); // the newest again
            }}>
            {rows.map((row) => (
              <MessageRow key={row.message.id} roomId={log.roomId} message={row.message}
                isGrouped={row.isGrouped} isFirstUnseen={row.isFirstUnseen}
                day={row.startsDay ? dayName(row.message.at, now) : undefined}
                isTarget={row.message.id === wanted} isActive={row.message.id === focusable}
                isEdited={row.message.id === editingId} session={session} isLive={isLive}
                names={names}
                onActive={setActive} onEdit={onEdit} />
            ))}
          </ol>
          {isAtEnd && session && session.sender.outbox.items.length > 0 && (
            <ol className="unsent" aria-label="Not sent yet">
              {session.sender.outbox.items.map((item, index) => (
                <UnsentRow key={item.clientId} item={item} session={session}
                  isGrouped={index > 0 || goesOn(messages[messages.length - 1], item)} />
              ))}
            </ol>
          )}
        </div>
      </div>
      {(!view.isFollowing || log.hasNewer) && messages.length > 0 && (
        <button className="to-newest" onClick={toNewest}>
          <Icon name="down" size={16} />
          {session && session.unread > 0 ? `${session.unread} new` : 'Newest'}
          <span className="unseen"> messages: go there</span>
        </button>
      )}
    </div>
  );
}

/** What is not sent yet will stand right below the last message. */
function goesOn(last: Message | undefined, { at }: Unsent): boolean {
  return last?.isMine === true && !last.isDeleted && at - last.at < togetherMs;
}

/** What may stand behind an @ for this name. */
function mentionsOf(name: string): string[] {
  const words = name.toLowerCase().split(/\s+/);
  return [words[0] ?? '', words.join('_'), words.join('')];
}

function LoadingState({ log }: { log: RoomLog }) {
  if (log.error && log.error.code !== 'UNAUTHORIZED') {
    const why = wordsOf(log.error);
    return (
      <div className="log-error" role="status">
        <Icon name="warning" size={18} />
        <span>{why.title}. {why.text}</span>
        <button className="button button-small"
          onClick={() => void (log.isLoaded ? log.loadOlder() : log.loadNewest())}>
          Try again
        </button>
      </div>
    );
  }
  const isReading = !log.isLoaded || log.isLoading('older') || log.isLoading('around');
  if (!log.hasOlder && log.isLoaded && !isReading) return null;
  return (
    <div className="bones bones-messages" data-busy={isReading || undefined} aria-hidden="true">
      <i /><i /><i />
    </div>
  );
}

const steps: Record<string, (index: number, count: number) => number> = {
  ArrowUp: (index) => index - 1,
  ArrowDown: (index) => index + 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** The arrow keys go from message to message. */
function moveFocus(event: KeyboardEvent<HTMLOListElement>, log: RoomLog): void {
  const step = steps[event.key];
  const row = (event.target as HTMLElement).closest<HTMLElement>('[data-id]');
  if (!step || !row || event.target !== row) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-id]')];
  const next = all[step(all.indexOf(row), all.length)];
  event.preventDefault();
  if (next) {
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  } else if (event.key === 'ArrowUp' && log.hasOlder) {
    void log.loadOlder();
  }
}
