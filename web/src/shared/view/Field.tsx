import { useId, type InputHTMLAttributes } from 'react';

/** An input with its label, a hint, and what the node had to say of it. */
export function Field({ label, hint, error, ...input }: {
  label: string;
  hint?: string;
  error?: string | undefined;
} & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const below = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} className="input" dir="auto" autoComplete="off" aria-invalid={error !== undefined}
        aria-describedby={below === undefined ? undefined : `${id}-below`} {...input} />
      {below !== undefined && (
        <p id={`${id}-below`} className={error === undefined ? 'hint' : 'field-error'}>
          {below}
        </p>
      )}
    </div>
  );
}
