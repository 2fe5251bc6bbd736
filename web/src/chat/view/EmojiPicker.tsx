import { useLayoutEffect, useRef, type KeyboardEvent } from 'react';

const emoji = [
  ...['👍', '❤️', '😂', '🎉', '🙏', '👀', '🔥', '✅'],
  ...['😊', '😍', '🤔', '😮', '😢', '😅', '😎', '🥳'],
  ...['👏', '🙌', '💪', '🚀', '💡', '⭐', '☕', '🍀'],
];
const columns = 8;
const gapPx = 6;

/** Above or below what it belongs to, wherever the window has space: nothing else moves for it. */
function place(box: HTMLElement): void {
  const { top, bottom, right } = box.parentElement!.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const within = (value: number, max: number) => Math.max(gapPx, Math.min(value, max - gapPx));
  const isBelow = bottom + gapPx + height <= innerHeight - gapPx || top < innerHeight - bottom;
  const y = isBelow ? bottom + gapPx : top - gapPx - height;
  box.style.top = `${within(y, innerHeight - height)}px`;
  box.style.left = `${within(right - width, innerWidth - width)}px`;
}

/** A few to choose from, by mouse or arrow keys. */
export function EmojiPicker({ onPick, onClose }: {
  onPick: (emoji: string) => void;
  onClose: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const from = useRef<Element | null>(document.activeElement);
  const close = (givesBack: boolean) => {
    onClose();
    if (givesBack && from.current instanceof HTMLElement) from.current.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    const again = () => place(box.current!);
    again();
    box.current!.querySelector('button')!.focus({ preventScroll: true });
    const outside = (event: PointerEvent) => {
      if (!box.current!.contains(event.target as Node)) close(false);
    };
    document.addEventListener('pointerdown', outside);
    window.addEventListener('scroll', again, true); // the conversation goes on meanwhile
    window.addEventListener('resize', again);
    return () => {
      document.removeEventListener('pointerdown', outside);
      window.removeEventListener('scroll', again, true);
      window.removeEventListener('resize', again);
    };
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
      all[all.indexOf(document.activeElement as HTMLButtonElement) + step]
        ?.focus({ preventScroll: true });
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
