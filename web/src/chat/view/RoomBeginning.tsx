import type { Room } from '../model/rooms';
import { RoomMark } from './RoomMark';

/** Above the first message there ever was; all there is in an empty room. */
export function RoomBeginning({ room, roomId, isEmpty, isMember }: {
  room: Room | undefined;
  roomId: string;
  isEmpty: boolean;
  isMember: boolean;
}) {
  const name = room?.name ?? roomId;
  return (
    <header className="beginning" data-empty={isEmpty || undefined}>
      <RoomMark room={room ?? { id: roomId }} size="huge" />
      <h2>{isEmpty ? <><bdi>{name}</bdi> is quiet</> : <bdi>{name}</bdi>}</h2>
      <p>
        {isEmpty
          ? `Nothing has been said here yet. ${isMember ? 'Say' : 'Join and say'} the first word.`
          : <>This is where <bdi>{name}</bdi> begins.</>}
        {room?.description !== undefined && !isEmpty && <> <bdi>{room.description}</bdi></>}
      </p>
    </header>
  );
}
