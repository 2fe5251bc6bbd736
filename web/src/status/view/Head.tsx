import type { Kept } from '../../shared/kept';
import { ThemeButton } from '../../shared/view/ThemeButton';
import type { Status } from '../model/status';
import { count, duration } from '../model/texts';

/** Which node this is, and the figures one looks for first. */
export function Head({ status, isLost, isLocked, kept }: {
  status: Status | undefined;
  isLost: boolean;
  /** It answers, but not to us. */
  isLocked: boolean;
  kept: Kept;
}) {
  const state = isLocked ? 'locked' : isLost ? 'lost' : !status ? 'waiting' : status.storage.failing ? 'failing' : 'up';
  const words = {
    locked: 'wants a key', lost: 'not reachable', waiting: 'asking', failing: 'cannot store', up: 'up',
  };
  return (
    <header className="head">
      <div className="head-line">
        <h1>chatd <span className="version">{status?.version}</span></h1>
        <span className="pill" data-state={state} role="status">{words[state]}</span>
        {status && <span className="since">for {duration(status.uptimeSeconds)}</span>}
        <nav className="head-links"><a href="./">Chat</a></nav>
        <ThemeButton kept={kept} />
      </div>
      {status && (
        <dl className="tiles">
          <Tile name="connections" value={status.connections.open} />
          <Tile name="sessions connected" value={status.sessions['connected'] ?? 0} />
          <Tile name="rooms" value={status.rooms.total} more={`${count(status.rooms.active)} active`} />
          <Tile name="messages in" value={status.messages.in} />
          <Tile name="deliveries" value={status.messages.out} />
          <Tile name="slow consumers" value={status.connections.slowConsumers} />
          <Tile name="refused connections" value={status.connections.refused} />
          <Tile name="descriptors" value={status.process.descriptors} />
        </dl>
      )}
    </header>
  );
}

function Tile({ name, value, more }: { name: string; value: number; more?: string }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>{count(value)}{more !== undefined && <small> {more}</small>}</dd>
    </div>
  );
}
