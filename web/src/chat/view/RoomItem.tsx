import type { Chat } from '../model/chat';
import type { Room } from '../model/rooms';
import { hrefOf } from '../model/route';
import { Icon } from '../../shared/view/Icon';
import { RoomMark } from './RoomMark';

/** A room in the list: its name, how many are there, what is unread. */
export function RoomItem({ chat, room }: { chat: Chat; room: Room }) {
  const session = chat.sessionOf(room.id);
  const isLive = session?.connection.kind === 'connected';
  const count = chat.countOf(room);
  const unread = session?.unread ?? 0;
  const isCurrent = chat.roomId === room.id;
  return (
    <li>
      <a className="room" href={hrefOf(room.id)} aria-current={isCurrent ? 'page' : undefined}
        data-unread={unread > 0 || undefined}>
        <RoomMark room={room} />
        <span className="room-text">
          <span className="room-name" dir="auto">{room.name}</span>
          {room.description !== undefined && <span className="room-about" dir="auto">{room.description}</span>}
        </span>
        {session && !isLive && (
          <span className="room-off" title="Not connected"><Icon name="clock" size={14} /></span>
        )}
        {unread > 0 && (
          <span className="badge">
            {unread > 999 ? '999+' : unread}
            <span className="unseen"> unread</span>
          </span>
        )}
        <span className="room-count" data-some={count > 0 || undefined}
          title={`${count} of ${room.maxParticipants} are here`}>
          {count}
          <span className="unseen"> {count === 1 ? 'person' : 'people'} here</span>
        </span>
      </a>
    </li>
  );
}
