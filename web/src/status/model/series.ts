// The plots, and what each takes from two looks at the node.

import { mean, quantile, type Status } from './status';

/** Two looks, and the seconds between them. */
export interface Look {
  now: Status;
  before: Status;
  seconds: number;
}

export interface Line {
  name: string;
  of: (look: Look) => number | null;
}

export interface Plotted {
  title: string;
  unit: string;
  lines: Line[];
}

const perSecond = (of: (status: Status) => number) => ({ now, before, seconds }: Look) =>
  (of(now) - of(before)) / seconds;
const ms = (micros: number | null) => (micros === null ? null : micros / 1000);
const KiB = 1024;
const MiB = 1024 * KiB;
const codesOf = (status: Status) =>
  Object.values(status.connections.refusedBy.closeCodes).reduce((sum, n) => sum + n, 0);

export const plots: Plotted[] = [
  {
    title: 'Connections', unit: '', lines: [
      { name: 'open', of: ({ now }) => now.connections.open },
      { name: 'WebSockets', of: ({ now }) => now.connections.webSockets },
      { name: 'event streams', of: ({ now }) => now.connections.eventStreams },
      { name: 'not known yet', of: ({ now }) => now.connections.unknown },
    ],
  },
  {
    title: 'Messages in', unit: '/s', lines: [
      { name: 'stored', of: perSecond((s) => s.messages.in) },
      { name: 'refused', of: perSecond((s) => s.messages.refused) },
    ],
  },
  {
    title: 'Deliveries', unit: '/s', lines: [
      { name: 'sent to members', of: perSecond((s) => s.messages.out) },
    ],
  },
  {
    title: 'Commands', unit: '/s', lines: [
      { name: 'all', of: perSecond((s) => s.commands.total) },
      { name: 'failed', of: perSecond((s) => s.commands.failed) },
    ],
  },
  {
    title: 'Commit latency', unit: 'ms', lines: [
      { name: 'median', of: ({ now, before }) =>
        ms(quantile(0.5, now.storage.commitMicros, before.storage.commitMicros)) },
      { name: '99 of 100', of: ({ now, before }) =>
        ms(quantile(0.99, now.storage.commitMicros, before.storage.commitMicros)) },
    ],
  },
  {
    title: 'Messages a commit', unit: '', lines: [
      { name: 'mean', of: ({ now, before }) =>
        mean(now.storage.batchMessages, before.storage.batchMessages) },
      { name: '99 of 100', of: ({ now, before }) =>
        quantile(0.99, now.storage.batchMessages, before.storage.batchMessages) },
    ],
  },
  {
    title: 'Loop lag', unit: 'ms', lines: [
      { name: 'slowest loop', of: ({ now }) => ms(now.loops.lagMicros) },
      { name: 'turns, 99 of 100', of: ({ now, before }) =>
        ms(quantile(0.99, now.loops.turnMicros, before.loops.turnMicros)) },
    ],
  },
  {
    title: 'Waiting in outboxes', unit: 'KiB', lines: [
      { name: 'all loops', of: ({ now }) => now.loops.outboxBytes / KiB },
    ],
  },
  {
    title: 'Turned away', unit: '/s', lines: [
      { name: 'node full', of: perSecond((s) => s.connections.refusedBy.full) },
      { name: 'too many unknown', of: perSecond((s) => s.connections.refusedBy.unknown) },
      { name: 'of one address', of: perSecond((s) => s.connections.refusedBy.address) },
      { name: 'no descriptors', of: perSecond((s) => s.connections.refusedBy.descriptors) },
      { name: 'TLS', of: perSecond((s) => s.connections.refusedBy.tls) },
      { name: 'no credential', of: perSecond((s) => s.connections.refusedBy.credentials) },
      { name: 'bad token', of: perSecond(codesOf) },
    ],
  },
  {
    title: 'Too slow, too fast', unit: '/s', lines: [
      { name: 'slow consumers closed', of: perSecond((s) => s.connections.slowConsumers) },
      { name: 'rate limited', of: perSecond((s) => s.dropped['rateLimited'] ?? 0) },
    ],
  },
  {
    title: 'Memory', unit: 'MiB', lines: [
      { name: 'resident', of: ({ now }) => now.process.residentBytes / MiB },
    ],
  },
  {
    title: 'CPU', unit: '% of a core', lines: [
      { name: 'process', of: ({ now, before, seconds }) =>
        (now.process.cpuMicros - before.process.cpuMicros) / seconds / 10_000 },
    ],
  },
];
