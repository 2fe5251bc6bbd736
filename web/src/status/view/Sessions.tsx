import { useEffect, useState } from 'react';
import type { CommandError, Rpc } from '../../shared/rpc';
import { Refusal } from '../../shared/view/Refusal';
import { wordsOf } from '../../shared/words';
import { loadSessions, sessionStates, type Session } from '../model/tables';
import { count, moment } from '../model/texts';
import { SessionDialog } from './SessionDialog';

const typingMs = 250;
const everyMs = 4000;
const pageSize = 20;

/** Search, look at one, end it. What is shown is as new as the figures above it. */
export function Sessions({ rpc, totals }: { rpc: Rpc; totals: Record<string, number> }) {
  const [query, setQuery] = useState('');
  const [state, setState] = useState('');
  const [sessions, setSessions] = useState<Session[]>([]);
  const [listed, setListed] = useState<string>(); // which question they are the answer to
  const [hasMore, setHasMore] = useState(false);
  const [wanted, setWanted] = useState(pageSize);
  const [error, setError] = useState<CommandError>();
  const [shown, setShown] = useState<Session>();
  const [asked, setAsked] = useState(0);
  const again = () => setAsked(asked + 1);
  const question = `${state} ${query.trim()}`;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const load = async () => {
      const answer = await loadSessions(rpc, query.trim(), state, wanted);
      if (isOver) return; // another one was asked since
      setError(answer.success ? undefined : answer.error);
      if (answer.success) {
        setSessions(answer.data.sessions);
        setListed(question);
        setHasMore(answer.data.hasMore);
      }
      timer = setTimeout(() => void load(), everyMs);
    };
    timer = setTimeout(() => void load(), typingMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [rpc, query, state, wanted, asked]);
  const lookFor = (text: string, inState: string) => {
    setQuery(text);
    setState(inState);
    setWanted(pageSize);
  };
  // The figures may know of some before the list does.
  const known = state === '' ? sum(totals) : (totals[state] ?? 0);
  const isLooking = listed !== question || (query.trim() === '' && known > 0);

  return (
    <section className="panel" aria-labelledby="sessions-title">
      <header className="panel-head">
        <h2 id="sessions-title">Sessions</h2>
        <input className="input search" type="search" aria-label="Search sessions" value={query}
          placeholder="nickname, user, room or session"
          onChange={(event) => lookFor(event.target.value, state)} />
        <label className="choice">in state{' '}
          <select value={state} onChange={(event) => lookFor(query, event.target.value)}>
            <option value="">any</option>
            {sessionStates.map((one) => (
              <option key={one} value={one}>{one} ({count(totals[one] ?? 0)})</option>
            ))}
          </select>
        </label>
        <button className="button button-small" onClick={again}>Look again</button>
      </header>
      {error && <Refusal why={wordsOf(error)} />}
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
                    <span className="unseen">Look at the session of </span><bdi>{one.nickname}</bdi>
                  </button>
                  {one.kind === 'agent' && <> <span className="tag">agent</span></>}
                </th>
                <td><bdi>{one.userId}</bdi></td>
                <td>{one.roomId}</td>
                <td><span className="state" data-state={one.state}>{one.state}</span></td>
                <td>{moment(one.since)}</td>
                <td>{one.address ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sessions.length === 0 && !error && (
        <p className="hint" role="status">
          {isLooking ? 'Looking…' : query.trim() === '' && state === ''
            ? 'There are no sessions yet.'
            : 'There are no such sessions.'}
        </p>
      )}
      {hasMore && (
        <button className="button button-small" onClick={() => setWanted(wanted + pageSize)}>More</button>
      )}
      {shown && (
        <SessionDialog rpc={rpc} session={shown} onClose={() => setShown(undefined)}
          onEnded={() => {
            setShown(undefined);
            again();
          }} />
      )}
    </section>
  );
}

const sum = (totals: Record<string, number>): number =>
  sessionStates.reduce((all, one) => all + (totals[one] ?? 0), 0);
