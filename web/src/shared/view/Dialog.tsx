import { useEffect, useRef, type ReactNode } from 'react';
import { Icon } from './Icon';

/** The browser's own dialog: it keeps the focus, closes with Escape and gives the focus back. */
export function Dialog({ title, onClose, children }: {
  title: string;
  onClose?: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opened = dialog.current!;
    const before = document.activeElement;
    if (!opened.open) opened.showModal();
    opened.querySelector('input')?.focus(); // it would be the button that closes
    return () => {
      opened.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose?.();
      }}>
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id="dialog-title" dir="auto">{title}</h2>
          {onClose && (
            <button className="icon-button" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
