import { useEffect } from 'react';
import { useChanges } from '../../shared/use_changes';
import { KeyDialog } from '../../shared/view/KeyDialog';
import type { Chat } from '../model/chat';
import { RoomView } from './RoomView';
import { Sidebar } from './Sidebar';
import { Welcome } from './Welcome';
import { useMedia } from './use_media';

/** On a phone either the rooms or one room; beside each other where there is space. */
export function App({ chat }: { chat: Chat }) {
  useChanges(chat);
  const { roomId } = chat;
  const unread = chat.sessions.reduce((sum, session) => sum + session.unread, 0);
  const name = roomId === undefined ? undefined : (chat.rooms.find(roomId)?.name ?? roomId);
  useEffect(() => {
    const title = name === undefined ? 'chatd' : `${name} · chatd`;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [name, unread]);
  const isPhone = useMedia('(max-width: 719px)');
  return (
    <>
      <div className="app">
        {(!isPhone || roomId === undefined) && <Sidebar chat={chat} isAlone={isPhone} />}
        {roomId !== undefined && <RoomView key={roomId} chat={chat} roomId={roomId} />}
        {!isPhone && roomId === undefined && <Welcome chat={chat} />}
      </div>
      {chat.keyWanted && (
        <KeyDialog wasRefused={chat.rpc.key !== null} why={chat.keyWanted}
          onKey={(key) => void chat.giveKey(key)} />
      )}
    </>
  );
}
