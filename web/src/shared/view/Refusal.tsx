import type { Words } from '../words';
import { Icon } from './Icon';

/** Why something was not done, and what to do then. */
export function Refusal({ why }: { why: Words }) {
  return (
    <div className="refusal" role="alert">
      <Icon name="warning" size={18} />
      <div>
        <strong>{why.title}</strong>
        {why.text !== '' && <p>{why.text}</p>}
      </div>
    </div>
  );
}
