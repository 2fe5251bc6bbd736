import { hueOf } from '../model/looks';
import type { Room } from '../model/rooms';
import { Icon } from '../../shared/view/Icon';

/** A room's colour and sign; its name is beside it. */
export function RoomMark({ room, size }: {
  room: Pick<Room, 'id' | 'visibility'>;
  size?: 'big' | 'huge';
}) {
  const sizeClass = size === undefined ? '' : `room-mark-${size}`;
  return (
    <span className={`room-mark ${sizeClass} hue-${hueOf(room.id)}`} aria-hidden="true">
      {room.visibility === 'private' ? <Icon name="lock" size={size ? 18 : 14} /> : '#'}
    </span>
  );
}
