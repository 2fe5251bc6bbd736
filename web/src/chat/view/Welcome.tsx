import { useState } from 'react';
import { useChanges } from '../../shared/use_changes';
import type { Chat } from '../model/chat';
import { hrefOf } from '../model/route';
import { Icon } from '../../shared/view/Icon';
import { RoomMark } from './RoomMark';

/** Before any room is chosen: the ways in. */
export function Welcome({ chat }: { chat: Chat }) {
  const rooms = useChanges(chat.rooms);
  const [now] = useState(() => Date.now());
  const busiest = [...rooms.list].sort((a, b) => chat.countOf(b) - chat.countOf(a)).slice(0, 6);
  const people = rooms.list.reduce((sum, room) => sum + chat.countOf(room), 0);
  const hour = new Date(now).getHours();
  const time = hour < 5 || hour > 17 ? 'evening' : hour < 12 ? 'morning' : 'afternoon';
  return (
    <main className="main welcome">
      <div className="welcome-inner">
        <h1>
          Good {time}
          {chat.nickname !== '' && <>, <bdi>{chat.nickname}</bdi></>}
        </h1>
        <p className="welcome-lead">
          {!rooms.isLoaded
            ? 'Looking which rooms there are…'
            : people === 0
              ? 'Nobody is here yet. Choose a room and say the first word.'
              : `${people} ${people === 1 ? 'is' : 'are'} here. Read along or join in.`}
        </p>
        <ul className="cards">
          {busiest.map((room) => (
            <li key={room.id}>
              <a className="card" href={hrefOf(room.id)}>
                <RoomMark room={room} size="big" />
                <span className="card-text">
                  <strong dir="auto">{room.name}</strong>
                  <span dir="auto">{room.description ?? `Room ${room.id}`}</span>
                </span>
                <span className="card-count">
                  <Icon name="people" size={16} /> {chat.countOf(room)}
                  <span className="unseen"> people here</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}
