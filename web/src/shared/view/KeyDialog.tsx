import { useState, type FormEvent } from 'react';
import type { Words } from '../words';
import { Dialog } from './Dialog';
import { Field } from './Field';

/** Where the node wants to know who calls. */
export function KeyDialog({ refusal, onKey }: {
  /** Why the last key was not taken. */
  refusal: Words | undefined;
  onKey: (key: string) => void;
}) {
  const [key, setKey] = useState('');
  const give = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== '') onKey(key.trim());
  };
  return (
    <Dialog title="Who are you?">
      <form className="form" onSubmit={give}>
        <p className="dialog-text">
          This node only lets in those it knows. Paste the key or token that its operator gave you;
          it stays in this tab.
        </p>
        <Field label="Key" type="password" value={key} autoFocus
          error={refusal && `${refusal.title}. ${refusal.text}`}
          onChange={(event) => setKey(event.target.value)} />
        <div className="form-foot">
          <button type="submit" className="button button-main">Continue</button>
        </div>
      </form>
    </Dialog>
  );
}
