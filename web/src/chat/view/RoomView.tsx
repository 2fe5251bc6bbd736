import { useState } from 'react';
import { useChanges } from '../../shared/use_changes';
import type { Chat } from '../model/chat';
import { useMedia } from './use_media';
import { Announcer } from './Announcer';
import { Composer } from './Composer';
import { ConnectionBanner } from './ConnectionState';
import { JoinBar } from './JoinBar';
import { MessageList } from './MessageList';
import { PeoplePanel } from './PeoplePanel';
import { RoomHeader } from './RoomHeader';
import type { Message } from '../model/timeline';

/** One room: read along without being in it, or take part. */
export function RoomView({ chat, roomId }: { chat: Chat; roomId: string }) {
  const log = useChanges(chat.logOf(roomId));
  const { session } = chat;
  const isWide = useMedia('(min-width: 1080px)');
  const [showsPeople, setShowsPeople] = useState<boolean>();
  const [editing, setEditing] = useState<Message>();
  const room = chat.rooms.find(roomId);
  // A name that the node does not take is asked for again.
  const isNameless = session?.connection.kind === 'ended'
    && /^(VALIDATION_ERROR|NICKNAME_TAKEN)$/.test(session.connection.code ?? '');
  if (log.error?.code === 'ROOM_NOT_FOUND' && !log.isLoaded) return <NoRoom roomId={roomId} />;
  const isPeopleShown = session !== undefined && (showsPeople ?? isWide);
  return (
    <div className="main room-view" data-people={isPeopleShown || undefined}>
      <RoomHeader chat={chat} roomId={roomId} isPeopleShown={isPeopleShown}
        onPeople={() => setShowsPeople(!isPeopleShown)} />
      <main className="conversation" aria-label={room?.name ?? roomId}>
        <MessageList chat={chat} log={log} session={session} editingId={editing?.id}
          onEdit={setEditing} />
        {session && !isNameless && <ConnectionBanner chat={chat} session={session} />}
        {session && !isNameless ? (
          <Composer chat={chat} session={session} editing={editing} onEdit={setEditing} />
        ) : (
          <JoinBar chat={chat} roomId={roomId} refusal={session?.connection} />
        )}
        {session && <Announcer session={session} />}
      </main>
      {isPeopleShown && (
        <PeoplePanel session={session} isOver={!isWide} onClose={() => setShowsPeople(false)} />
      )}
    </div>
  );
}

function NoRoom({ roomId }: { roomId: string }) {
  return (
    <main className="main welcome">
      <div className="welcome-inner">
        <h1>There is no room “<bdi>{roomId}</bdi>”</h1>
        <p className="welcome-lead">It was deleted, or is not open to you.</p>
        <p className="welcome-lead"><a href="#/">See the rooms there are</a></p>
      </div>
    </main>
  );
}
