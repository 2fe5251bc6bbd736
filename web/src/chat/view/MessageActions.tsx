import { useState } from 'react';
import { hrefOf } from '../model/route';
import type { RoomSession } from '../model/session';
import type { Message } from '../model/timeline';
import { EmojiPicker } from './EmojiPicker';
import { LinkDialog } from './LinkDialog';
import { Icon } from '../../shared/view/Icon';

/** What can be done with a message: there when it is pointed at or has the focus. */
export function MessageActions({
  message,
  session,
  isLive,
  roomId,
  isReachable,
  isPicking,
  onPicking,
  onEdit,
}: {
  message: Message;
  session: RoomSession | undefined;
  isLive: boolean;
  roomId: string;
  isReachable: boolean;
  isPicking: boolean;
  onPicking: (isPicking: boolean) => void;
  onEdit: (message: Message) => void;
}) {
  const [isCopied, setCopied] = useState(false);
  const [link, setLink] = useState<string>(); // to be copied by hand
  const [isSure, setSure] = useState(false);
  const tabIndex = isReachable ? 0 : -1;
  const copy = async () => {
    const url = new URL(hrefOf(roomId, message.id), location.href).href;
    try {
      await navigator.clipboard.writeText(url); // only secure pages have one, and it may be refused
    } catch {
      return setLink(url);
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  const remove = () => {
    if (!isSure) return setSure(true);
    setSure(false);
    void session?.remove(message.id);
  };
  return (
    <div className="actions" role="group" aria-label="Actions" onBlur={() => setSure(false)}>
      {isLive && (
        <button title="React" aria-label="React" aria-expanded={isPicking} tabIndex={tabIndex}
          onClick={() => onPicking(!isPicking)}>
          <Icon name="smile" size={18} />
        </button>
      )}
      <button title="Copy link" aria-label={isCopied ? 'Link copied' : 'Copy link'}
        tabIndex={tabIndex} onClick={() => void copy()}>
        <Icon name={isCopied ? 'check' : 'link'} size={18} />
      </button>
      {isLive && message.isMine && (
        <>
          <button title="Edit" aria-label="Edit" tabIndex={tabIndex}
            onClick={() => onEdit(message)}>
            <Icon name="pencil" size={18} />
          </button>
          <button title={isSure ? 'Press again to delete' : 'Delete'} tabIndex={tabIndex}
            aria-label={isSure ? 'Press again to delete' : 'Delete'} data-sure={isSure || undefined}
            onClick={remove}>
            <Icon name="bin" size={18} />
            {isSure && <span>Delete?</span>}
          </button>
        </>
      )}
      {link !== undefined && <LinkDialog url={link} onClose={() => setLink(undefined)} />}
      {isPicking && (
        <EmojiPicker onClose={() => onPicking(false)}
          onPick={(emoji) => session?.react(message.id, emoji)} />
      )}
    </div>
  );
}
