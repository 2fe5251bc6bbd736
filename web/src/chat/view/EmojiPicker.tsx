import { useEffect, useRef, type KeyboardEvent } from 'react';

const emoji = [
  ...['👍', '❤️', '😂', '🎉', '🙏', '👀', '🔥', '✅'],
  ...['😊', '😍', '🤔', '😮', '😢', '😅', '😎', '🥳'],
  ...['👏', '🙌', '💪', '🚀', '💡', '⭐', '☕', '🍀'],
];
const columns = 8;

/** A few to choose from, by mouse or arrow keys. */
export function EmojiPicker({ onPick, onClose }: {
  onPick: (emoji: string) => void;
  onClose: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const from = useRef<Element | null>(document.activeElement);
  const close = (givesBack: boolean) => {
    onClose();
    if (givesBack && from.current instanceof HTMLElement) from.current.focus();
  };
  useEffect(() => {
    box.current!.querySelector('button')!.focus({ preventScroll: true });
    box.current!.scrollIntoView({ block: 'nearest' });
    const outside = (event: PointerEvent) => {
      if (!box.current!.contains(event.target as Node)) close(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
    };
    const step = steps[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close(true);
    } else if (step !== undefined) {
      event.preventDefault();
      const all = [...box.current!.querySelectorAll('button')];
      all[all.indexOf(document.activeElement as HTMLButtonElement) + step]?.focus();
    }
    event.stopPropagation();
  };
  return (
    <div className="emoji" ref={box} role="menu" aria-label="Reactions" onKeyDown={onKeyDown}>
      {emoji.map((one) => (
        <button key={one} role="menuitem" tabIndex={-1} aria-label={one}
          onClick={() => {
            onPick(one);
            close(true);
          }}>
          {one}
        </button>
      ))}
    </div>
  );
}
