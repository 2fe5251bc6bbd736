import { useEffect, useState } from 'react';
import type { Chat } from '../model/chat';
import type { RoomSession } from '../model/session';
import { Icon } from '../../shared/view/Icon';

/** Whole seconds until then, counted down. */
function useCountdown(until: number): number {
  const left = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 250);
    return () => clearInterval(timer);
  }, [until]);
  return seconds;
}

/** How the connection is, in a word or two. */
export function ConnectionPill({ session }: { session: RoomSession }) {
  const { connection } = session;
  const isReturn = connection.kind === 'connecting' && connection.isReturn;
  const words = {
    connecting: isReturn ? 'Reconnecting' : 'Connecting',
    connected: 'Connected',
    waiting: 'Reconnecting',
    ended: 'Not connected',
  }[connection.kind];
  return (
    <span className="pill" data-state={connection.kind} role="status">
      <i aria-hidden="true" />
      <span className="pill-text">{words}</span>
    </span>
  );
}

/** What is to be known while one is not connected, and what can be done. */
export function ConnectionBanner({ chat, session }: { chat: Chat; session: RoomSession }) {
  const { connection } = session;
  if (connection.kind === 'waiting') return <Waiting session={session} connection={connection} />;
  if (connection.kind !== 'ended') return null;
  const { title, text, isRoomGone } = connection.why;
  const isStranger = connection.code === 'UNAUTHORIZED';
  return (
    <div className="banner banner-ended" role="alert">
      <Icon name="warning" size={18} />
      <p><strong>{title}.</strong> {text}</p>
      {isRoomGone && <a className="button button-small" href="#/">See the rooms</a>}
      {!isStranger && !isRoomGone && (
        <button className="button button-small" onClick={() => session.rejoin(chat.nickname)}>
          Join again
        </button>
      )}
    </div>
  );
}

function Waiting({ session, connection }: {
  session: RoomSession;
  connection: RoomSession['connection'] & { kind: 'waiting' };
}) {
  const seconds = useCountdown(connection.until);
  const unsent = session.sender.outbox.items.length;
  return (
    <div className="banner">
      <span className="spinner" aria-hidden="true" />
      <p>
        <strong>{connection.why.title}.</strong>{' '}
        <span className="nowrap">{seconds > 0 ? `Next try in ${seconds} s.` : 'Trying now.'}</span>
        {unsent > 0 && ` What you write is kept and sent then.`}
      </p>
      <button className="button button-small" onClick={() => session.retryNow()}>Try now</button>
    </div>
  );
}
