import type { Chat } from '../model/chat';
import { ConnectionPill } from './ConnectionState';
import { Icon } from '../../shared/view/Icon';

export function RoomHeader({ chat, roomId, isPeopleShown, onPeople }: {
  chat: Chat;
  roomId: string;
  isPeopleShown: boolean;
  onPeople: () => void;
}) {
  const room = chat.rooms.find(roomId);
  const { session } = chat;
  const isLive = session?.connection.kind === 'connected';
  const here = isLive ? session.people.count : session ? undefined : room?.participants;
  const leave = () => {
    void chat.leave(roomId);
    location.hash = '#/';
  };
  return (
    <header className="room-head">
      <a className="icon-button back" href="#/" aria-label="All rooms"><Icon name="back" /></a>
      <div className="room-head-text">
        <h1 dir="auto">{room?.name ?? roomId}</h1>
        {room?.description !== undefined && <p dir="auto">{room.description}</p>}
      </div>
      {session && <ConnectionPill session={session} />}
      {session ? (
        <button className="icon-button with-count" aria-pressed={isPeopleShown} onClick={onPeople}
          title="Who is here" aria-label={`Who is here: ${here ?? 'not known'}`}>
          <Icon name="people" /> <span aria-hidden="true">{here}</span>
        </button>
      ) : (
        <span className="icon-button with-count is-text">
          <Icon name="people" />
          <span>{here}<span className="unseen"> people here</span></span>
        </span>
      )}
      {session && (
        <button className="icon-button" title="Leave the room" aria-label="Leave the room"
          onClick={leave}>
          <Icon name="leave" />
        </button>
      )}
    </header>
  );
}
