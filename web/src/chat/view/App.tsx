import { useEffect } from 'react';
import { useChanges } from '../../shared/use_changes';
import { isolated } from '../../shared/text';
import { wordsOf } from '../../shared/words';
import { Icon } from '../../shared/view/Icon';
import { KeyDialog } from '../../shared/view/KeyDialog';
import { joinedMax, type Chat } from '../model/chat';
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
    const title = name === undefined ? 'chatd' : `${isolated(name)} · chatd`;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [name, unread]);
  const isPhone = useMedia('(max-width: 719px)');
  return (
    <>
      <div className="app">
        {(!isPhone || roomId === undefined) && <Sidebar chat={chat} isAlone={isPhone} />}
        {roomId !== undefined && <RoomView key={`${roomId} ${chat.generation}`} chat={chat} roomId={roomId} />}
        {!isPhone && roomId === undefined && <Welcome chat={chat} />}
      </div>
      {chat.gaveWay !== undefined && (
        <div className="toast" role="status">
          <p>
            You left <bdi>{chat.rooms.find(chat.gaveWay)?.name ?? chat.gaveWay}</bdi>: one is in{' '}
            {joinedMax} rooms at most here, and you had not looked at it for longest.
          </p>
          <button className="icon-button" aria-label="Close" onClick={() => chat.closeNotice()}>
            <Icon name="close" size={16} />
          </button>
        </div>
      )}
      {chat.keyWanted && (
        <KeyDialog refusal={chat.rpc.key !== null ? wordsOf(chat.keyWanted) : undefined}
          onKey={(key) => void chat.giveKey(key)} />
      )}
    </>
  );
}
