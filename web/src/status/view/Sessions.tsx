import { useEffect, useRef, useState } from 'react';
import type { CommandError, Rpc } from '../../shared/rpc';
import { Refusal } from '../../shared/view/Refusal';
import { loadSessions, sessionStates, type Session } from '../model/tables';
import { count, moment } from '../model/texts';
import { SessionDialog } from './SessionDialog';

const typingMs = 250;

/** Search, look at one, end it. */
export function Sessions({ rpc, totals }: { rpc: Rpc; totals: Record<string, number> }) {
  const [query, setQuery] = useState('');
  const [state, setState] = useState('');
  const [sessions, setSessions] = useState<Session[]>([]);
  const [cursor, setCursor] = useState<string>();
  const [error, setError] = useState<CommandError>();
  const [shown, setShown] = useState<Session>();
  const asked = useRef(0);

  const load = async (after?: string) => {
    const number = ++asked.current;
    const answer = await loadSessions(rpc, query.trim(), state, after);
    if (number !== asked.current) return; // another one was asked since
    setError(answer.success ? undefined : answer.error);
    if (!answer.success) return;
    setSessions((before) =>
      after === undefined ? answer.data.sessions : [...before, ...answer.data.sessions]);
    setCursor(answer.data.nextCursor);
  };
  useEffect(() => {
    const timer = setTimeout(() => void load(), typingMs);
    return () => clearTimeout(timer);
  }, [rpc, query, state]);

  return (
    <section className="panel" aria-labelledby="sessions-title">
      <header className="panel-head">
        <h2 id="sessions-title">Sessions</h2>
        <input className="input search" type="search" aria-label="Search sessions" value={query}
          placeholder="nickname, user, room or session"
          onChange={(event) => setQuery(event.target.value)} />
        <label className="choice">in state{' '}
          <select value={state} onChange={(event) => setState(event.target.value)}>
            <option value="">any</option>
            {sessionStates.map((one) => (
              <option key={one} value={one}>{one} ({count(totals[one] ?? 0)})</option>
            ))}
          </select>
        </label>
        <button className="button button-small" onClick={() => void load()}>Look again</button>
      </header>
      {error && <Refusal error={error} />}
      <div className="scroll" tabIndex={0} role="region" aria-label="Table of sessions">
        <table>
          <thead>
            <tr>
              <th scope="col">Nickname</th>
              <th scope="col">User</th>
              <th scope="col">Room</th>
              <th scope="col">State</th>
              <th scope="col">Since</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {sessions.map((one) => (
              <tr key={one.sessionId} data-session={one.sessionId}>
                <th scope="row">
                  <button className="link-button" onClick={() => setShown(one)}>
                    <span className="unseen">Look at the session of </span>{one.nickname}
                  </button>
                  {one.kind === 'agent' && <> <span className="tag">agent</span></>}
                </th>
                <td>{one.userId}</td>
                <td>{one.roomId}</td>
                <td><span className="state" data-state={one.state}>{one.state}</span></td>
                <td>{moment(one.since)}</td>
                <td>{one.address ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sessions.length === 0 && !error && <p className="hint">There are no such sessions.</p>}
      {cursor !== undefined && (
        <button className="button button-small" onClick={() => void load(cursor)}>More</button>
      )}
      {shown && (
        <SessionDialog rpc={rpc} session={shown} onClose={() => setShown(undefined)}
          onEnded={() => {
            setShown(undefined);
            void load();
          }} />
      )}
    </section>
  );
}
