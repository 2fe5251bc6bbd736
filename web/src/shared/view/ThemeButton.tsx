import { useState } from 'react';
import type { Kept } from '../kept';
import { applyTheme, keptTheme, nextTheme, type Theme } from '../theme';
import { Icon, type IconName } from './Icon';

const looks: Record<Theme, { icon: IconName; label: string }> = {
  system: { icon: 'system', label: 'Colours: as the system' },
  light: { icon: 'sun', label: 'Colours: light' },
  dark: { icon: 'moon', label: 'Colours: dark' },
};

export function ThemeButton({ kept }: { kept: Kept }) {
  const [theme, setTheme] = useState(() => keptTheme(kept));
  const next = () => {
    const then = nextTheme(theme);
    applyTheme(kept, then);
    setTheme(then);
  };
  return (
    <button className="theme-button" onClick={next}>
      <Icon name={looks[theme].icon} size={16} />
      {looks[theme].label}
    </button>
  );
}
