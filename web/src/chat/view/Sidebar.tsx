import { useState } from 'react';
import { useChanges } from '../../shared/use_changes';
import type { Chat } from '../model/chat';
import { inOrder, type Room } from '../model/rooms';
import { wordsOf } from '../../shared/words';
import { CreateRoom } from './CreateRoom';
import { Icon } from '../../shared/view/Icon';
import { RoomItem } from './RoomItem';
import { ThemeButton } from '../../shared/view/ThemeButton';

/** The rooms: those one is in, then all others. On a phone they may be all there is. */
export function Sidebar({ chat, isAlone }: { chat: Chat; isAlone: boolean }) {
  const rooms = useChanges(chat.rooms);
  const [isCreating, setCreating] = useState(false);
  // All that one is in, on whichever page they are; a search looks among those it found.
  const joined = rooms.search === ''
    ? inOrder(chat.sessions.map(({ roomId }) => rooms.find(roomId) ?? unknownRoom(roomId)))
    : rooms.list.filter((room) => chat.sessionOf(room.id));
  const others = rooms.list.filter((room) => !chat.sessionOf(room.id));
  const section = (title: string, list: typeof joined) =>
    list.length > 0 && (
      <section>
        <h2 className="rooms-title">{title}</h2>
        <ul className="rooms">
          {list.map((room) => (
            <RoomItem key={room.id} chat={chat} room={room} />
          ))}
        </ul>
      </section>
    );
  const Frame = isAlone ? 'main' : 'nav';
  const Name = isAlone ? 'h1' : 'div';
  return (
    <Frame className="sidebar" aria-label="Rooms">
      <header className="brand">
        <Name className="brand-name">
          <a href="#/">
            <span className="brand-mark"><Icon name="chat" size={16} /></span>
            chatd
          </a>
        </Name>
        <button className="icon-button" title="New room" aria-label="New room"
          onClick={() => setCreating(true)}>
          <Icon name="plus" />
        </button>
      </header>
      {(rooms.total > 7 || rooms.search !== '') && (
        <label className="search">
          <Icon name="search" size={16} />
          <input type="search" placeholder="Find a room" dir="auto" aria-label="Find a room"
            value={rooms.search} onChange={(event) => rooms.lookFor(event.target.value)} />
        </label>
      )}
      <div className="rooms-scroll">
        {!rooms.isLoaded && !rooms.error && <div className="bones"><i /><i /><i /></div>}
        {section('Your rooms', joined)}
        {section(joined.length > 0 ? 'Other rooms' : 'Rooms', others)}
        {rooms.isLoaded && rooms.list.length === 0 && (rooms.search !== '' || joined.length === 0) && (
          <p className="rooms-empty">
            {rooms.search === ''
              ? 'There is no room yet.'
              : <>No room is called “<bdi>{rooms.search}</bdi>”.</>}
          </p>
        )}
        {rooms.hasMore && (
          <button className="link-button" onClick={() => rooms.more()}>
            Show more of {rooms.total.toLocaleString()} rooms
          </button>
        )}
      </div>
      {rooms.error && !chat.keyWanted && (
        <p className="rooms-error" role="status">
          <Icon name="warning" size={16} /> {wordsOf(rooms.error).title}
        </p>
      )}
      <footer className="sidebar-foot">
        <ThemeButton kept={chat.machineKept} />
      </footer>
      {isCreating && <CreateRoom chat={chat} onClose={() => setCreating(false)} />}
    </Frame>
  );
}

/** One that the list does not have yet, or not any more. */
const unknownRoom = (id: string): Room =>
  ({ id, name: id, participants: 0, maxParticipants: 0, available: false });
