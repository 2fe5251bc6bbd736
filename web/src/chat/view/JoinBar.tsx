import { useState, type FormEvent } from 'react';
import type { Chat } from '../model/chat';
import type { Connection } from '../model/session';
import { Avatar } from './Avatar';
import { Refusal } from '../../shared/view/Refusal';

/** In place of the composer, for those who only read along. */
export function JoinBar({ chat, roomId, refusal }: {
  chat: Chat;
  roomId: string;
  refusal: Connection | undefined;
}) {
  const [nickname, setNickname] = useState(chat.nickname);
  const room = chat.rooms.find(roomId);
  const join = (event: FormEvent) => {
    event.preventDefault();
    const shown = nickname.normalize('NFC').trim(); // as the node keeps it
    if (shown !== '') chat.join(roomId, shown);
  };
  return (
    <form className="join-bar" onSubmit={join}>
      {refusal?.kind === 'ended' && (
        <Refusal why={refusal.why} />
      )}
      <p>You are reading along. Choose a name to join in.</p>
      <div className="join-line">
        {nickname.trim() !== '' && <Avatar name={nickname} size="l" />}
        <input className="input" aria-label="Your nickname" placeholder="Your nickname"
          value={nickname} autoComplete="nickname" dir="auto"
          onChange={(event) => setNickname(event.target.value)} />
        <button className="button button-main" disabled={nickname.trim() === ''}>
          Join <bdi>{room?.name ?? roomId}</bdi>
        </button>
      </div>
    </form>
  );
}
