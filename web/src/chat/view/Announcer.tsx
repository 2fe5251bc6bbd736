import { useEffect, useState } from 'react';
import type { RoomSession } from '../model/session';

/** Tells those who hear the page what others say. */
export function Announcer({ session }: { session: RoomSession }) {
  const [words, setWords] = useState('');
  useEffect(() => {
    session.onMessage = ({ sender, text }) => setWords(`${sender}: ${text}`);
    return () => {
      session.onMessage = () => {};
    };
  }, [session]);
  return <div className="unseen" aria-live="polite">{words}</div>;
}
