import { useState } from 'react';
import { useChanges } from '../../shared/use_changes';
import type { Chat } from '../model/chat';
import { hueOf } from '../model/looks';
import { hrefOf } from '../model/route';
import { Icon } from './Icon';

/** Before any room is chosen: the ways in. */
export function Welcome({ chat }: { chat: Chat }) {
  const rooms = useChanges(chat.rooms);
  const [now] = useState(() => Date.now());
  const busiest = [...rooms.list].sort((a, b) => b.participants - a.participants).slice(0, 6);
  const people = rooms.list.reduce((sum, room) => sum + room.participants, 0);
  const hour = new Date(now).getHours();
  const greeting = hour < 5 || hour > 17 ? 'Good evening' : hour < 12 ? 'Good morning' : 'Good afternoon';
  return (
    <main className="main welcome">
      <div className="welcome-inner">
        <h1>
          {greeting}
          {chat.nickname !== '' && `, ${chat.nickname}`}
        </h1>
        <p className="welcome-lead">
          {!rooms.isLoaded
            ? 'Looking which rooms there are…'
            : people === 0
              ? 'Nobody is here yet. Choose a room and say the first word.'
              : `${people} ${people === 1 ? 'person is' : 'people are'} talking. Choose a room to read along or join in.`}
        </p>
        <ul className="cards">
          {busiest.map((room) => (
            <li key={room.id}>
              <a className="card" href={hrefOf(room.id)}>
                <span className={`room-mark room-mark-big hue-${hueOf(room.id)}`} aria-hidden="true">
                  {room.visibility === 'private' ? <Icon name="lock" size={16} /> : '#'}
                </span>
                <span className="card-text">
                  <strong>{room.name}</strong>
                  <span>{room.description ?? `Room ${room.id}`}</span>
                </span>
                <span className="card-count">
                  <Icon name="people" size={16} /> {room.participants}
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
