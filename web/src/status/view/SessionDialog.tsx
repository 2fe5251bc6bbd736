import { useState } from 'react';
import type { CommandError, Rpc } from '../../shared/rpc';
import { Dialog } from '../../shared/view/Dialog';
import { Refusal } from '../../shared/view/Refusal';
import { wordsOf } from '../../shared/words';
import { endSession, type Session } from '../model/tables';
import { count, moment } from '../model/texts';

/** All there is to know of a session, and the way to end it. */
export function SessionDialog({ rpc, session, onClose, onEnded }: {
  rpc: Rpc;
  session: Session;
  onClose: () => void;
  onEnded: () => void;
}) {
  const [isSure, setSure] = useState(false);
  const [error, setError] = useState<CommandError>();
  const isOver = session.state === 'closed' || session.state === 'expired';
  const end = async () => {
    if (!isSure) return setSure(true);
    const answer = await endSession(rpc, session.sessionId);
    if (answer.success) onEnded();
    else setError(answer.error);
  };
  const facts: [string, string | undefined][] = [
    ['Session', session.sessionId], ['User', session.userId], ['Room', session.roomId],
    ['Kind', session.kind], ['State', session.state], ['Since', moment(session.since)],
    ['Ended by', session.endedBy], ['Opened', moment(session.createdAt)],
    ['Last activity', session.lastActivity && moment(session.lastActivity)],
    ['Transport', session.transport], ['Address', session.address],
    ['Came back', `${count(session.reconnects)} times`],
    ['Messages', `${count(session.messagesSent)} sent, ${count(session.messagesReceived)} received`],
  ];
  return (
    <Dialog title={session.nickname} onClose={onClose}>
      <dl className="facts">
        {facts.filter(([, value]) => value).map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd dir="auto">{value}</dd></div>
        ))}
      </dl>
      {error && <Refusal why={wordsOf(error)} />}
      {!isOver && (
        <div className="form-foot">
          {isSure && <p className="hint">Its connection is closed, and it cannot come back.</p>}
          <button className="button button-bad" onClick={() => void end()}>
            {isSure ? 'End it now' : 'End the session'}
          </button>
        </div>
      )}
    </Dialog>
  );
}
