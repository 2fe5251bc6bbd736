import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Chat } from '../model/chat';
import type { RoomSession } from '../model/session';
import type { Message } from '../model/timeline';
import { Icon } from '../../shared/view/Icon';
import { TypingLine } from './TypingLine';

const textMax = 2000; // UTF-16 units, as the node counts
const countFrom = 1800;

/** Where one writes. It works without a connection, too: what is written then is kept. */
export function Composer({ chat, session, editing, onEdit }: {
  chat: Chat;
  session: RoomSession;
  editing: Message | undefined;
  onEdit: (message: Message | undefined) => void;
}) {
  const draftKey = `chatd.draft.${session.roomId}`;
  const [text, setText] = useState(() => chat.kept.get(draftKey) ?? '');
  const [problem, setProblem] = useState<{ message: string; suggestion?: string }>();
  const area = useRef<HTMLTextAreaElement>(null);
  const room = chat.rooms.find(session.roomId);
  const tooMany = text.length - textMax;
  const action = editing ? 'Save' : 'Send';
  const notice = problem ?? session.sender.notice;

  useEffect(() => {
    if (!editing) chat.kept.set(draftKey, text);
  }, [text, editing]);
  useEffect(() => {
    if (editing) setText(editing.text);
    area.current?.focus();
  }, [editing]);
  useLayoutEffect(() => {
    const box = area.current!;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
  }, [text]);
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) area.current?.focus({ preventScroll: true });
  }, []);

  const finishEdit = () => {
    setText('');
    setProblem(undefined);
    onEdit(undefined);
  };
  const send = async () => {
    const said = text.replace(/^\s*\n|\s+$/g, '');
    if (said === '' || tooMany > 0) return;
    if (!editing) {
      session.sender.say(said);
      setText('');
      return setProblem(undefined);
    }
    const answer = await session.edit(editing.id, said);
    if (answer.success) finishEdit();
    else setProblem(answer.error);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void send();
    } else if (event.key === 'Escape' && editing) {
      finishEdit();
    } else if (event.key === 'ArrowUp' && text === '') {
      const mine = session.log.messages.filter((one) => one.isMine && !one.isDeleted);
      const last = mine[mine.length - 1];
      if (last && session.connection.kind === 'connected') {
        event.preventDefault();
        onEdit(last);
      }
    }
  };
  return (
    <form className="composer" onSubmit={(event) => {
      event.preventDefault();
      void send();
    }}>
      {notice && (
        <div className="notice" role="alert">
          <Icon name="warning" size={16} />
          <span><strong>{notice.message}.</strong> {notice.suggestion}</span>
          <button type="button" aria-label="Close" onClick={() => {
            setProblem(undefined);
            session.sender.closeNotice();
          }}>
            <Icon name="close" size={14} />
          </button>
        </div>
      )}
      {editing && (
        <div className="editing">
          <Icon name="pencil" size={14} /> Editing your message
          <button type="button" className="link-button" onClick={finishEdit}>Cancel</button>
        </div>
      )}
      <div className="composer-box" data-over={tooMany > 0 || undefined}>
        <textarea ref={area} rows={1} value={text} aria-label="Message" enterKeyHint="send"
          placeholder={`Message ${room?.name ?? session.roomId}`} onKeyDown={onKeyDown}
          aria-describedby={tooMany > 0 ? 'too-long' : undefined} aria-invalid={tooMany > 0}
          onChange={(event) => {
            setText(event.target.value);
            if (event.target.value !== '' && !editing) session.typing();
          }} />
        <button className="send" aria-label={action} title={action}
          disabled={text.trim() === '' || tooMany > 0}>
          <Icon name={editing ? 'check' : 'send'} />
        </button>
      </div>
      <div className="below">
        <TypingLine names={session.people.typing} />
        {tooMany > 0 ? (
          <span id="too-long" className="counter counter-over" role="alert">
            {tooMany.toLocaleString()} too many: shorten it, or send it in parts
          </span>
        ) : (
          text.length >= countFrom && <span className="counter">{textMax - text.length} left</span>
        )}
      </div>
    </form>
  );
}
