import { useEffect, useState } from 'react';
import type { CommandError, Rpc } from '../../shared/rpc';
import { Refusal } from '../../shared/view/Refusal';
import { wordsOf } from '../../shared/words';
import { loadRooms, roomOrders, type Room, type RoomOrder } from '../model/tables';
import { count, figure } from '../model/texts';

const everyMs = 4000;

/** Those that have most to do. */
export function Rooms({ rpc }: { rpc: Rpc }) {
  const [order, setOrder] = useState<RoomOrder>('deliveries');
  const [rooms, setRooms] = useState<Room[]>();
  const [total, setTotal] = useState(0);
  const [error, setError] = useState<CommandError>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const load = async () => {
      const answer = await loadRooms(rpc, order);
      if (isOver) return;
      if (answer.success) {
        setRooms(answer.data.rooms);
        setTotal(answer.data.total);
      }
      setError(answer.success ? undefined : answer.error);
      timer = setTimeout(() => void load(), everyMs);
    };
    void load();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [rpc, order]);
  return (
    <section className="panel" aria-labelledby="rooms-title">
      <header className="panel-head">
        <h2 id="rooms-title">Busiest rooms <small>of {count(total)}</small></h2>
        <label className="choice">by{' '}
          <select value={order} onChange={(event) => setOrder(event.target.value as RoomOrder)}>
            {Object.entries(roomOrders).map(([key, text]) => <option key={key} value={key}>{text}</option>)}
          </select>
        </label>
      </header>
      {error && <Refusal why={wordsOf(error)} />}
      <div className="scroll" tabIndex={0} role="region" aria-label="Table of rooms">
        <table>
          <thead>
            <tr>
              <th scope="col">Room</th>
              <th scope="col" className="number">Connected</th>
              <th scope="col" className="number">Messages/s</th>
              <th scope="col" className="number">Deliveries/s</th>
              <th scope="col" className="number">Messages</th>
            </tr>
          </thead>
          <tbody>
            {rooms?.map((room) => (
              <tr key={room.id} data-room={room.id}>
                <th scope="row">
                  <bdi>{room.name}</bdi> {room.name !== room.id && <code>{room.id}</code>}
                  {room.visibility === 'private' && <span className="tag">private</span>}
                </th>
                <td className="number">{count(room.participants)} <small>of {count(room.maxParticipants)}</small></td>
                <td className="number">{figure(room.messagesPerSecond, '')}</td>
                <td className="number">{figure(room.deliveriesPerSecond, '')}</td>
                <td className="number">{count(room.messages)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
