import { memo, useState } from 'react';
import { hueOf } from '../model/looks';
import { isEmojiOnly } from '../model/rich_text';
import { hrefOf } from '../model/route';
import type { RoomSession } from '../model/session';
import type { Message } from '../model/timeline';
import { clockTime, fullTime } from '../model/times';
import { Avatar } from './Avatar';
import { MessageActions } from './MessageActions';
import { Reactions } from './Reactions';
import { RichText } from './RichText';

interface MessageRowProps {
  roomId: string;
  message: Message;
  isGrouped: boolean;
  isFirstUnseen: boolean;
  day: string | undefined;
  isTarget: boolean; // a link led to it
  isActive: boolean; // the one that Tab reaches
  isEdited: boolean; // just now, in the composer
  session: RoomSession | undefined;
  isLive: boolean; // connected: things can be done
  names: ReadonlySet<string>;
  onActive: (id: string) => void;
  onEdit: (message: Message) => void;
}

/** One message; rendered again only when something about it changes. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, isGrouped, session, isLive, roomId } = props;
  const { id, sender, text, at, editedAt, isDeleted, reactions } = message;
  const [isPicking, setPicking] = useState(false);
  const time = (
    <a className="time" href={hrefOf(roomId, id)} title={fullTime(at)} tabIndex={-1}>
      <time dateTime={new Date(at).toISOString()}>{clockTime(at)}</time>
    </a>
  );
  return (
    <>
      {props.day !== undefined && (
        <li className="day"><span>{props.day}</span></li>
      )}
      {props.isFirstUnseen && (
        <li className="new-line"><span>New</span></li>
      )}
      <li className="message" data-id={id} data-grouped={isGrouped || undefined}
        data-target={props.isTarget || undefined} data-edited={props.isEdited || undefined}
        data-picking={isPicking || undefined} tabIndex={props.isActive ? 0 : -1}
        onFocus={() => props.onActive(id)}>
        <div className="message-side">{isGrouped ? time : <Avatar name={sender} />}</div>
        <div className="message-body">
          {isGrouped ? (
            <span className="unseen"><bdi>{sender}</bdi>: </span>
          ) : (
            <div className="message-head">
              <bdi className={`sender hue-text hue-${hueOf(sender)}`}>{sender}</bdi>
              {message.isMine && <span className="you">you</span>}
              {time}
            </div>
          )}
          {isDeleted ? (
            <p className="deleted">This message was deleted.</p>
          ) : (
            <div className="text" dir="auto" data-emoji={isEmojiOnly(text) || undefined}>
              <RichText text={text} names={props.names} />
              {editedAt !== undefined && (
                <span className="edited" title={fullTime(editedAt)}> (edited)</span>
              )}
            </div>
          )}
          {reactions && <Reactions message={message} session={session} isLive={isLive} />}
        </div>
        {!isDeleted && (
          <MessageActions message={message} session={session} isLive={isLive} roomId={roomId}
            isReachable={props.isActive} isPicking={isPicking} onPicking={setPicking}
            onEdit={props.onEdit} />
        )}
      </li>
    </>
  );
});
