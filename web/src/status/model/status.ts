// What node-status answers, as far as this page shows it.

/** How many of each size since the node started; the last count is of all above the last bound. */
export interface Histogram {
  count: number;
  sum: number;
  upTo: number[];
  counts: number[];
}

export interface Status {
  version: string;
  startedAt: string;
  uptimeSeconds: number;
  connections: {
    open: number;
    webSockets: number;
    eventStreams: number;
    unknown: number;
    refused: number;
    refusedBy: {
      full: number;
      unknown: number;
      address: number;
      descriptors: number;
      tls: number;
      credentials: number;
      closeCodes: Record<string, number>;
    };
    slowConsumers: number;
  };
  sessions: Record<string, number>;
  rooms: { total: number; active: number };
  messages: { in: number; out: number; refused: number };
  commands: { total: number; failed: number };
  dropped: Record<string, number>;
  storage: {
    commits: number;
    commitMicros: Histogram;
    batchMessages: Histogram;
    failing: boolean;
  };
  loops: {
    lagMicros: number;
    outboxBytes: number;
    turnMicros: Histogram;
    each: { lagMicros: number; outboxBytes: number }[];
  };
  process: { residentBytes: number; descriptors: number; cpuMicros: number };
  settings: Record<string, unknown>;
}

/**
 * The size that a share of what came between two looks did not exceed; nothing when nothing came.
 * Exact to the bounds of the histogram.
 */
export function quantile(share: number, now: Histogram, before: Histogram): number | null {
  const counts = now.counts.map((count, i) => count - (before.counts[i] ?? 0));
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all <= 0) return null;
  let left = share * all;
  for (const [i, count] of counts.entries()) {
    left -= count;
    if (left <= 0) return now.upTo[i] ?? now.upTo.at(-1) ?? null;
  }
  return now.upTo.at(-1) ?? null;
}

/** Of what came between two looks; nothing when nothing came. */
export function mean(now: Histogram, before: Histogram): number | null {
  const count = now.count - before.count;
  return count > 0 ? (now.sum - before.sum) / count : null;
}
