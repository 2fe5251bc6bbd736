// Names inside other text: each has a direction of its own.

/** For places that have no markup: titles, placeholders. */
export const isolated = (name: string): string => `\u2068${name}\u2069`;
