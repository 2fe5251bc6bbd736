import { useEffect, useRef } from 'react';
import type { RoomSession } from '../model/session';
import { Avatar } from './Avatar';
import { Icon } from '../../shared/view/Icon';

const shownMax = 200;

/** Who is in the room: beside the conversation, or over it where there is no space beside it. */
export function PeoplePanel({ session, isOver, onClose }: {
  session: RoomSession;
  isOver: boolean;
  onClose: () => void;
}) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isOver) return;
    const before = document.activeElement;
    panel.current!.querySelector('button')!.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [isOver]);
  const { people } = session;
  const named = people.list();
  const shown = named.slice(0, shownMax);
  const rest = people.count - shown.reduce((sum, [, count]) => sum + count, 0);
  const typing = new Set(people.typing);
  return (
    <aside className="people" ref={panel} aria-label="Who is here"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOver) onClose();
      }}>
      <header>
        <h2>Here now <span>{people.count > 0 ? people.count : ''}</span></h2>
        <button className="icon-button" aria-label="Close the list of people" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {people.count === 0 && <p className="hint">Known once connected.</p>}
      <ul tabIndex={0} aria-label="People in this room">
        {shown.map(([nickname, count]) => (
          <li key={nickname}>
            <Avatar name={nickname} size="s" />
            <bdi className="person">{nickname}</bdi>
            {count > 1 && <span className="hint">×{count}</span>}
            {nickname === session.nickname && <span className="hint">you</span>}
            {typing.has(nickname) && <span className="hint">writes…</span>}
          </li>
        ))}
        {rest > 0 && <li className="hint">and {rest.toLocaleString()} more</li>}
      </ul>
    </aside>
  );
}
