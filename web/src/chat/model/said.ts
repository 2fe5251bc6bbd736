// Which of some messages the room has. A session knows its own by the ids it gave them; for those
// of a session that has ended there is only the room's history.

import type { Call } from '../../shared/rpc';
import type { Unsent } from './outbox';

interface Page {
  messages: { id: string; sender: string; text: string }[];
  hasMore: boolean;
  lastMessageId?: string;
}

const pagesMax = 20;

/**
 * Those that were said, with the ids the room gave them, under this nickname and after what the room had when they
 * went out, each counted once. Nothing when the room cannot be asked.
 */
export async function wereSaid(
  call: Call,
  roomId: string,
  nickname: string,
  tried: readonly Unsent[],
): Promise<[clientId: string, id: string][] | undefined> {
  const said: [clientId: string, id: string][] = [];
  const open = [...tried];
  // The earliest; null is before any message.
  let since = tried.reduce<string | null>(
    (first, { after }) => (first === null || after === null ? null : after < first ? after : first),
    tried[0]?.after ?? null,
  );
  for (let page = 0, more = open.length > 0; more && page < pagesMax; ++page) {
    const answer = await call<Page>('chat-poll', {
      roomId,
      limit: 100,
      ...(since !== null && { since }),
    });
    // A room that never had that place has nothing of it.
    if (!answer.success) return answer.error.code === 'VALIDATION_ERROR' ? said : undefined;
    for (const { id, sender, text } of answer.data.messages) {
      const at = open.findIndex(
        (item) => sender === nickname && text === item.text && id > (item.after ?? ''),
      );
      if (at >= 0) said.push([open.splice(at, 1)[0]!.clientId, id]);
    }
    since = answer.data.lastMessageId ?? since;
    more = answer.data.hasMore && open.length > 0;
  }
  return said;
}
