import type { CommandError } from '../rpc';
import { Icon } from './Icon';

/** What the node says when it does not do something, and what to do then. */
export function Refusal({ error }: { error: Pick<CommandError, 'message' | 'suggestion'> }) {
  return (
    <div className="refusal" role="alert">
      <Icon name="warning" size={18} />
      <div>
        <strong>{error.message}</strong>
        {error.suggestion !== undefined && error.suggestion !== '' && <p>{error.suggestion}</p>}
      </div>
    </div>
  );
}
