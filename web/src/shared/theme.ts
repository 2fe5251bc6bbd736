// Light, dark, or as the system has it.

import type { Kept } from './kept';

export type Theme = 'system' | 'light' | 'dark';
const themes: Theme[] = ['system', 'light', 'dark'];
const keyName = 'chatd.theme';

export function keptTheme(kept: Kept): Theme {
  return themes.find((theme) => theme === kept.get(keyName)) ?? 'system';
}

export function applyTheme(kept: Kept, theme: Theme): void {
  kept.set(keyName, theme);
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function nextTheme(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
}
