import type { Unsent } from '../model/outbox';
import type { RoomSession } from '../model/session';
import { Avatar } from './Avatar';
import { Icon } from '../../shared/view/Icon';

/** What was written and is on its way, or did not get through. It says one thing at a time. */
export function UnsentRow({ item, session, isGrouped }: {
  item: Unsent;
  session: RoomSession;
  isGrouped: boolean;
}) {
  const { refusal, clientId, text } = item;
  const { sender } = session;
  const isLive = session.connection.kind === 'connected';
  const isNext = sender.outbox.next === item;
  const trouble = isLive && isNext ? sender.trouble : undefined;
  const isOver = session.isRoomGone && !refusal;
  const state = refusal || isOver ? 'Not sent' : isLive && isNext && !trouble ? 'Sending' : 'Waiting';
  const icon = <Icon name={refusal || isOver ? 'warning' : 'clock'} size={14} />;
  return (
    <li className="message message-unsent" data-grouped={isGrouped || undefined}
      data-refused={refusal !== undefined || isOver || undefined}>
      <div className="message-side">
        {isGrouped ? (
          <span className="mark" title={state}>{icon}</span>
        ) : (
          <Avatar name={session.nickname} />
        )}
      </div>
      <div className="message-body">
        {isGrouped ? (
          <span className="unseen">{state}: </span>
        ) : (
          <div className="message-head">
            <bdi className="sender">{session.nickname}</bdi>
            <span className="mark">{icon} {state}</span>
          </div>
        )}
        <div className="text" dir="auto">{text}</div>
        {trouble && (
          <p className="unsent-wait" role="status">
            {trouble.title}. It is sent by itself as soon as that works.
          </p>
        )}
        {isOver && (
          <div className="unsent-why">
            <span>The room is no more.</span>
            <button className="link-button" onClick={() => sender.discard(clientId)}>
              Discard
            </button>
          </div>
        )}
        {refusal && (
          <div className="unsent-why" role="alert">
            <span>{refusal.title}. {refusal.text}</span>
            <button className="link-button" onClick={() => sender.sayAgain(clientId)}>
              Send again
            </button>
            <button className="link-button" onClick={() => sender.discard(clientId)}>
              Discard
            </button>
          </div>
        )}
      </div>
    </li>
  );
}
