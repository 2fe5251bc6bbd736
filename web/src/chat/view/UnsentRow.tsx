import type { Unsent } from '../model/outbox';
import type { RoomSession } from '../model/session';
import { Avatar } from './Avatar';
import { Icon } from '../../shared/view/Icon';

/** What was written and is on its way, or did not get through. */
export function UnsentRow({ item, session, isGrouped }: {
  item: Unsent;
  session: RoomSession;
  isGrouped: boolean;
}) {
  const { refusal, clientId, text } = item;
  const isLive = session.connection.kind === 'connected';
  const state = refusal ? 'Not sent' : isLive ? 'Sending' : 'Waiting';
  const icon = <Icon name={refusal ? 'warning' : 'clock'} size={14} />;
  return (
    <li className="message message-unsent" data-grouped={isGrouped || undefined}
      data-refused={refusal !== undefined || undefined}>
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
            <span className="sender">{session.nickname}</span>
            <span className="mark">{icon} {state}</span>
          </div>
        )}
        <div className="text">{text}</div>
        {refusal && (
          <div className="unsent-why" role="alert">
            <span>{refusal.message}. {refusal.suggestion}</span>
            <button className="link-button" onClick={() => session.sender.sayAgain(clientId)}>
              Send again
            </button>
            <button className="link-button" onClick={() => session.sender.discard(clientId)}>
              Discard
            </button>
          </div>
        )}
      </div>
    </li>
  );
}
