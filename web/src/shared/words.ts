// What people read when something does not work. The node's own words are for programs: they name
// commands, fields and limits of schemas.

import type { CommandError } from './rpc';

export interface Words {
  title: string;
  text: string;
}

const byCode: Record<string, Words> = {
  UNREACHABLE: {
    title: 'The node cannot be reached',
    text: 'Check your connection. It is tried again by itself.',
  },
  BAD_ANSWER: { title: 'The node gave an answer that makes no sense', text: 'Reload the page.' },
  ROOM_NOT_FOUND: {
    title: 'There is no such room',
    text: 'It was deleted, or is not open to you.',
  },
  ROOM_FULL: { title: 'The room is full', text: 'Try again later, or choose another room.' },
  SESSION_NOT_FOUND: {
    title: 'There is no such session any more',
    text: 'It ended a while ago.',
  },
  SESSION_CLOSED: { title: 'The session has ended', text: 'Join again to go on.' },
  SESSION_EXPIRED: { title: 'The session has expired', text: 'Join again to go on.' },
  MAX_RECONNECTS: {
    title: 'The connection was lost too often',
    text: 'Join again to go on.',
  },
  INVALID_TOKEN: { title: 'The connection was refused', text: 'Join again to go on.' },
  UNAUTHORIZED: {
    title: 'The node does not know this key',
    text: 'Check it, or ask the operator for another one.',
  },
  FORBIDDEN: { title: 'You may not do that', text: 'It belongs to somebody else, or your key does not allow it.' },
  BANNED: { title: 'You may not be here', text: 'A moderator has shut you out.' },
  NICKNAME_TAKEN: { title: 'Somebody else has this name', text: 'Choose another one.' },
  ALREADY_EXISTS: { title: 'A room with this ID exists already', text: 'Choose another ID, or join that room.' },
  MESSAGE_NOT_FOUND: {
    title: 'There is no such message',
    text: 'It was deleted, or the room does not keep it any more.',
  },
  DUPLICATE_CONFLICT: { title: 'This was sent before with another text', text: 'Write it anew.' },
  STORAGE_UNAVAILABLE: {
    title: 'The node cannot store anything just now',
    text: 'Its disk may be full. Try again in a moment.',
  },
  OVERLOADED: { title: 'The node is busy', text: 'Try again in a moment.' },
  TIMEOUT: { title: 'The node is busy', text: 'Try again in a moment.' },
  REQUEST_TIMEOUT: { title: 'The connection is slow', text: 'Try again in a moment.' },
  RATE_LIMITED: { title: 'That was too fast', text: 'Wait a moment, then go on.' },
  NODE_FULL: { title: 'The node is full', text: 'Try again in a few minutes.' },
  INTERNAL_ERROR: {
    title: 'The node made a mistake',
    text: 'Try again. If it stays so, tell the operator.',
  },
  PAYLOAD_TOO_LARGE: { title: 'That is too long', text: 'Shorten it, or send it in parts.' },
  INVALID_MESSAGE: { title: 'The node cannot read this message', text: 'Write it in other words.' },
  ORIGIN_REFUSED: {
    title: 'The node does not take calls from this address',
    text: "Open the page from the node's own address.",
  },
  HOST_REFUSED: {
    title: 'The node does not know this address',
    text: 'Open the page from the address that its operator gave you.',
  },
};

/** Fields as people know them, and the most they hold. */
const fields: Record<string, { name: string; max: number }> = {
  nickname: { name: 'A nickname', max: 50 },
  roomId: { name: 'An ID', max: 64 },
  name: { name: 'A name', max: 100 },
  description: { name: 'A description', max: 500 },
  text: { name: 'A message', max: 2000 },
};

interface Problem {
  path: string;
  code: string;
}

function problemText({ path, code }: Problem): string | undefined {
  const field = fields[path];
  if (!field) return undefined;
  if (path === 'roomId') return 'An ID has 1 to 64 letters (A to Z), digits, dots, dashes and _';
  if (code === 'too_big')
    return `${field.name} has at most ${field.max.toLocaleString()} characters`;
  if (code === 'too_small') return `${field.name} has at least one character`;
  return `${field.name} cannot have these characters`;
}

/** What is wrong with one input. */
export function wordsOfField(error: CommandError | undefined, path: string): string | undefined {
  const problem = error?.details?.errors?.find((one) => one.path === path);
  return problem && problemText(problem);
}

/** Whether all of it is said beside the inputs (wordsOfField). */
export function isAboutFields(error: CommandError): boolean {
  const all = error.details?.errors ?? [];
  return all.length > 0 && all.every((one) => problemText(one) !== undefined);
}

export function wordsOf(error: CommandError): Words {
  const known = byCode[error.code];
  if (known) return known;
  const problems = (error.details?.errors ?? []).map(problemText).filter((one) => one !== undefined);
  if (problems.length > 0 || error.code === 'VALIDATION_ERROR')
    return { title: 'This cannot be taken as it is', text: `${problems.join('. ') || 'Change it and try again'}.` };
  return {
    title: 'That did not work',
    text: error.retryable
      ? 'Try again in a moment.'
      : `If it stays so, tell the operator: ${error.code}.`,
  };
}
