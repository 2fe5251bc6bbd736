import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { isolated } from '../../shared/text';
import { wordsOf, type Words } from '../../shared/words';
import type { Chat } from '../model/chat';
import type { RoomSession } from '../model/session';
import type { Message } from '../model/timeline';
import { Icon } from '../../shared/view/Icon';
import { TypingLine } from './TypingLine';
import { useMedia } from './use_media';

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
  // The draft waits while something else is edited.
  const [draft, setDraft] = useState(() => chat.kept.get(draftKey) ?? '');
  const [correction, setCorrection] = useState('');
  const text = editing ? correction : draft;
  const [problem, setProblem] = useState<Words>();
  const area = useRef<HTMLTextAreaElement>(null);
  const room = chat.rooms.find(session.roomId);
  const tooMany = text.length - textMax;
  const action = editing ? 'Save' : 'Send';
  const notice = problem ?? session.sender.notice;
  // Their keyboards have one key for a new line and none beside it to send.
  const isTouched = useMedia('(hover: none) and (pointer: coarse)');

  // Only what was written here is kept: a draft that another tab left may have come since.
  const stored = useRef(draft);
  useEffect(() => {
    if (draft === stored.current) return;
    stored.current = draft;
    if (draft === '') chat.kept.remove(draftKey);
    else chat.kept.set(draftKey, draft);
  }, [draft]);
  // Where there is a touch keyboard it opens when somebody wants to write, not before.
  const isNew = useRef(true);
  useEffect(() => {
    if (editing) setCorrection(editing.text);
    setProblem(undefined);
    if (!isNew.current || !isTouched) area.current?.focus({ preventScroll: true });
    isNew.current = false;
  }, [editing]);

  const send = async () => {
    const said = text.replace(/^\s*\n|\s+$/g, '');
    if (said === '' || tooMany > 0 || session.isRoomGone) return;
    if (!editing) {
      session.sender.say(said);
      setDraft('');
      return setProblem(undefined);
    }
    const answer = await session.edit(editing.id, said);
    if (answer.success) onEdit(undefined);
    else setProblem(wordsOf(answer.error));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const sends = event.ctrlKey || event.metaKey || (!event.shiftKey && !isTouched);
    if (event.key === 'Enter' && sends && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void send();
    } else if (event.key === 'Escape' && editing) {
      onEdit(undefined);
    } else if (event.key === 'ArrowUp' && text === '' && !editing) {
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
          <span><strong>{notice.title}.</strong> {notice.text}</span>
          <button type="button" aria-label="Close" onClick={() => {
            setProblem(undefined);
            session.sender.tell(undefined);
          }}>
            <Icon name="close" size={14} />
          </button>
        </div>
      )}
      {editing && (
        <div className="editing">
          <Icon name="pencil" size={14} /> Editing your message
          <button type="button" className="link-button" onClick={() => onEdit(undefined)}>Cancel</button>
        </div>
      )}
      <div className="composer-box" data-over={tooMany > 0 || undefined}>
        {/* As high as its text: styles/composer.css sets the same text behind it. */}
        <div className="composer-text" data-text={text}>
          <textarea ref={area} rows={1} value={text} aria-label="Message" dir="auto"
            enterKeyHint={isTouched ? 'enter' : 'send'}
            placeholder={`Message ${isolated(room?.name ?? session.roomId)}`} onKeyDown={onKeyDown}
            aria-describedby={tooMany > 0 ? 'too-long' : undefined} aria-invalid={tooMany > 0}
            onChange={(event) => {
              if (editing) return setCorrection(event.target.value);
              setDraft(event.target.value);
              if (event.target.value !== '') session.typing();
            }} />
        </div>
        {/* A touch keyboard stays open where the focus stays. */}
        <button className="send" aria-label={action} title={action}
          onMouseDown={(event) => event.preventDefault()}
          disabled={text.trim() === '' || tooMany > 0 || session.isRoomGone}>
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
