import { isolated } from '../../shared/text';
import type { RoomSession } from '../model/session';
import type { Message } from '../model/timeline';

const list = new Intl.ListFormat(undefined, { type: 'conjunction' });

/** What people make of a message. The node tells them while one is there and does not keep them. */
export function Reactions({ message, session, isLive }: {
  message: Message;
  session: RoomSession | undefined;
  isLive: boolean;
}) {
  return (
    <ul className="reactions" aria-label="Reactions">
      {[...(message.reactions ?? [])].map(([emoji, names]) => {
        const isMine = session !== undefined && names.has(session.nickname);
        const who = list.format([...names].slice(0, 12));
        return (
          <li key={emoji}>
            <button className="reaction" data-mine={isMine || undefined} title={list.format([...names].slice(0, 12).map(isolated))} tabIndex={-1}
              disabled={!isLive || isMine} aria-label={`${emoji} by ${who}`}
              onClick={() => session?.react(message.id, emoji)}>
              <span aria-hidden="true">{emoji}</span> {names.size}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
