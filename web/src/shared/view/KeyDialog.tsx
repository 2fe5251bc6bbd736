import { useState, type FormEvent } from 'react';
import type { CommandError } from '../rpc';
import { Dialog } from './Dialog';
import { Field } from './Field';

/** Where the node wants to know who calls. */
export function KeyDialog({ wasRefused, why, onKey }: {
  wasRefused: boolean;
  why: CommandError;
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
          error={wasRefused ? why.message : undefined}
          onChange={(event) => setKey(event.target.value)} />
        <div className="form-foot">
          <button type="submit" className="button button-main">Continue</button>
        </div>
      </form>
    </Dialog>
  );
}
