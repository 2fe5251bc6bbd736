import { useState, type FormEvent } from 'react';
import type { CommandError } from '../../shared/rpc';
import type { Chat } from '../model/chat';
import { proposeId } from '../model/room_id';
import { hrefOf } from '../model/route';
import { newId } from '../model/surroundings';
import { isAboutFields, wordsOf, wordsOfField } from '../../shared/words';
import { Dialog } from '../../shared/view/Dialog';
import { Field } from '../../shared/view/Field';
import { Refusal } from '../../shared/view/Refusal';

export function CreateRoom({ chat, onClose }: { chat: Chat; onClose: () => void }) {
  const [name, setName] = useState('');
  const [id, setId] = useState<string>();
  const [description, setDescription] = useState('');
  const [error, setError] = useState<CommandError>();
  const [isBusy, setBusy] = useState(false);
  const [suffix] = useState(() => newId().slice(0, 6));
  const proposal = proposeId(name, suffix, (taken) => chat.rooms.find(taken) !== undefined);
  const roomId = id ?? proposal.id;

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
  const of = (path: string) => wordsOfField(error, path);
  const isElsewhere = error !== undefined && !isAboutFields(error);
  const hint = 'What links and agents call it: letters (A to Z), digits, dots, dashes';
  return (
    <Dialog title="New room" onClose={onClose}>
      <form className="form" onSubmit={(event) => void create(event)}>
        <Field label="Name" value={name} autoFocus placeholder="Garden club" error={of('name')}
          onChange={(event) => setName(event.target.value)} />
        <Field label="ID" value={roomId} spellCheck={false} error={of('roomId')}
          hint={id === undefined && proposal.isMadeUp ? `${hint}. This one is made up, as the name has few of them: change it if you like` : hint}
          onChange={(event) => setId(event.target.value)} />
        <Field label="What it is for (optional)" value={description} error={of('description')}
          onChange={(event) => setDescription(event.target.value)} />
        {isElsewhere && <Refusal why={wordsOf(error)} />}
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
