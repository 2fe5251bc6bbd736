import { useState, type FormEvent } from 'react';
import type { CommandError } from '../../shared/rpc';
import type { Chat } from '../model/chat';
import { hrefOf } from '../model/route';
import { Dialog } from '../../shared/view/Dialog';
import { Field } from '../../shared/view/Field';
import { Refusal } from '../../shared/view/Refusal';

/** An id from a name, as a proposal. */
const idOf = (name: string): string =>
  name.normalize('NFKD').toLowerCase().replace(/[\u0300-\u036f]/g, '').trim()
    .replace(/[^a-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 64);

export function CreateRoom({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const [name, setName] = useState('');
  const [id, setId] = useState<string>();
  const [description, setDescription] = useState('');
  const [error, setError] = useState<CommandError>();
  const [isBusy, setBusy] = useState(false);
  const roomId = id ?? idOf(name);

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const answer = await chat.createRoom({
      roomId,
      ...(name.trim() !== '' && { name: name.trim() }),
      ...(description.trim() !== '' && { description: description.trim() }),
    });
    setBusy(false);
    if (!answer.success) return setError(answer.error);
    onClose();
    if (chat.nickname !== '') chat.join(roomId, chat.nickname);
    location.hash = hrefOf(roomId);
  };
  const of = (path: string) => error?.details?.errors?.find((one) => one.path === path)?.message;
  const isElsewhere = error !== undefined && !error.details?.errors?.length;
  return (
    <Dialog title="New room" onClose={onClose}>
      <form className="form" onSubmit={(event) => void create(event)}>
        <Field label="Name" value={name} autoFocus placeholder="Garden club" error={of('name')}
          onChange={(event) => setName(event.target.value)} />
        <Field label="ID" value={roomId} spellCheck={false} error={of('roomId')}
          hint="What links and agents call it: letters, digits, dots, dashes"
          onChange={(event) => setId(event.target.value)} />
        <Field label="What it is for (optional)" value={description} error={of('description')}
          onChange={(event) => setDescription(event.target.value)} />
        {isElsewhere && <Refusal error={error} />}
        <div className="form-foot">
          <button type="button" className="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="button button-main" disabled={isBusy}>
            Create room
          </button>
        </div>
      </form>
    </Dialog>
  );
}
