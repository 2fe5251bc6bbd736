"""What the clients of a node know to be true, whatever happens to it."""

import asyncio
import json

import websockets

import fault  # noqa: F401 - finds lib
from lib.chat import TIMEOUT_S, Rpc, say

UNDER_WAY_MAX = 16  # messages a sender has sent and not seen yet
BEFORE_ALL = "m0000000000000000"
# What is replayed to one who comes back: so many of the newest, and so many bytes (README, limits).
CATCH_UP_MAX, CATCH_UP_BYTES_MAX = 1000, 512 * 1024
LONGEST_FRAME = 8 * 1024  # of what `Load` says
GONE = (websockets.ConnectionClosed, ConnectionError, asyncio.IncompleteReadError)


class Ledger:
    """What the clients of one room know to be true."""

    def __init__(self, room):
        self.room = room
        self.sent = {}  # text -> sender, whether it arrived or not
        self.seen = {}  # id -> text, of everything the node ever showed: broadcast, answer or poll
        self.unchecked = set()  # those of `seen` that no poll has returned yet
        self.acked = 0
        self.unanswered = {}  # clientMessageId -> text of chat-send calls cut off by the fault
        self.checked = []  # (id, text) as polled, up to the last check
        self.id_of = {}  # text -> id of those

    def show(self, message_id, text):
        if message_id not in self.seen:
            self.seen[message_id] = text
            self.unchecked.add(message_id)
        before = self.seen[message_id]
        assert before == text, f"{self.room}: id {message_id} is {before!r} and then {text!r}"

    def last_checked(self):
        return self.checked[-1][0] if self.checked else ""

    def extend(self, messages):
        """Checks a history read after the last checked message."""
        last = self.last_checked()
        for m in messages:
            message_id, text = m["id"], m["text"]
            where = f"{self.room}: {message_id} {text[:40]!r}"
            assert message_id > last, f"{where} comes after {last}"
            last = message_id
            assert text in self.sent, f"{where} was never sent"
            assert m["sender"] == self.sent[text], f"{where} is from {m['sender']!r}"
            assert text not in self.id_of, f"{where} is there as {self.id_of[text]} too"
            self.show(message_id, text)
            self.checked.append((message_id, text))
            self.id_of[text] = message_id
            self.unchecked.discard(message_id)
        lost = sorted(self.unchecked)
        assert not lost, f"{self.room}: {len(lost)} acknowledged messages lost: {lost[:5]}"

    def compare(self, messages):
        """Checks all of the room's history, read anew."""
        got = [(m["id"], m["text"]) for m in messages]
        assert got == self.checked, f"{self.room}: the history is not what it was"

    async def check(self, rpc, everything=False):
        """What the node has now is what everybody was told."""
        self.extend(await rpc.history(self.room, self.last_checked()))
        await self.retry_cut_off(rpc)
        self.extend(await rpc.history(self.room, self.last_checked()))
        if everything:
            self.compare(await rpc.history(self.room))

    async def retry_cut_off(self, rpc):
        """A chat-send whose answer was lost is sent again with its clientMessageId: it is stored now
        or was before, but not twice."""
        for client_id, text in self.unanswered.items():
            sent = await rpc.must("chat-send", {"roomId": self.room, "text": text,
                                                "clientMessageId": client_id})
            if text in self.id_of:
                assert sent["messageId"] == self.id_of[text], f"{self.id_of[text]} became {sent}"
            else:
                assert sent["messageId"] > self.last_checked(), sent
            self.show(sent["messageId"], text)
            self.acked += 1
        self.unanswered.clear()


class Guest:
    """A session, in one room, over any number of connections."""

    @classmethod
    async def open(cls, rpc, ledger, name):
        self = cls()
        self.ledger, self.name = ledger, name
        handoff = await rpc.must("chat-connect", {"roomId": ledger.room, "nickname": name})
        self.session_id = handoff["credentials"]["sessionId"]
        welcome = await self.enter(handoff)
        self.last = welcome["lastMessageId"] or ""  # the newest id it has, or need not have
        return self

    async def enter(self, handoff):
        """Opens the socket; answers its welcome."""
        self.token = handoff["credentials"]["token"]
        self.address = f"{handoff['endpoint']}?token={self.token}"
        self.socket = await connect(self.address)
        welcome = json.loads(await asyncio.wait_for(self.socket.recv(), TIMEOUT_S))
        assert welcome["type"] == "welcome", welcome
        return welcome

    def take(self, event):
        """A message frame: the next one of the room."""
        assert event["id"] > self.last, f"{self.name}: {event['id']} after {self.last}"
        self.last = event["id"]
        self.ledger.show(event["id"], event["text"])

    async def return_after_restart(self, rpc):
        """What a client finds that was connected when the node ended: its session, its messages,
        and its old token worth nothing. The ledger is checked already."""
        port = rpc.port
        status = await rpc.must("chat-status", {"sessionId": self.session_id})
        assert (status["state"], status["endedBy"]) == ("disconnected", "restart"), status
        used = await connect(f"ws://127.0.0.1:{port}/rooms/{self.ledger.room}?token={self.token}")
        try:
            raise AssertionError(f"a used token was taken: {await used.recv()}")
        except websockets.ConnectionClosed:
            assert used.close_code == 4001, f"a used token was refused with {used.close_code}"
        since = self.last
        missed = [m for m in self.ledger.checked if m[0] > since]
        handoff = await rpc.must("chat-reconnect", {"sessionId": self.session_id,
                                                    "lastMessageId": since or BEFORE_ALL})
        await self.enter(handoff)
        got, gap, size = await self.caught_up()
        where = f"{self.name}, back after {since!r},"
        if gap is None:
            assert got == missed, f"{where} got {len(got)} of {len(missed)} messages: {got[:3]}…"
        else:
            left_out = len(missed) - len(got)
            assert left_out > 0 and got == missed[left_out:], f"{where} got {got[:3]}… and {gap}"
            assert (gap["since"], gap["until"]) == (since or None, got[0][0]), f"{where} {gap}"
            assert len(got) == CATCH_UP_MAX or size > CATCH_UP_BYTES_MAX - LONGEST_FRAME, \
                f"{where} could have had more than {len(got)} messages, {size} bytes"
        await self.socket.close()
        return len(got)

    async def caught_up(self):
        """(id, text) of what is replayed, the frame that says it is not all, and the bytes of it."""
        got, gap, size = [], None, 0
        while True:
            frame = await asyncio.wait_for(self.socket.recv(), TIMEOUT_S)
            event = json.loads(frame)
            if event["type"] == "history_gap":
                assert gap is None and not got, f"{self.name}: {event} after {got[-1:]}"
                gap = event
            elif event["type"] == "message":
                self.take(event)
                got.append((event["id"], event["text"]))
                size += len(frame.encode())
            elif event["type"] == "caught_up":
                assert (event["lastMessageId"] or "") == self.last, f"{self.name}: {event}"
                return got, gap, size


async def connect(address):
    return await websockets.connect(address, compression=None, ping_interval=None, max_queue=None,
                                    open_timeout=TIMEOUT_S, close_timeout=TIMEOUT_S)


class Load:
    """Senders of all kinds on all rooms, until the fault."""

    def __init__(self, number, ledgers, rng):
        self.number, self.ledgers, self.rng = number, ledgers, rng
        self.acks = 0
        self.fault_at_acks = None
        self.fault = asyncio.Event()
        self.guests = []

    def text(self, ledger, sender, n):
        text = f"{self.number}/{sender}/{n} "
        if self.rng.random() < 0.1:
            text += "€" * self.rng.randrange(1900)
        ledger.sent[text] = sender
        return text

    def acknowledge(self, ledger):
        ledger.acked += 1
        self.acks += 1
        if self.acks == self.fault_at_acks:
            self.fault.set()

    async def socket_sender(self, guest):
        """Keeps some messages under way; everything it sees counts, its own as acknowledged."""
        ledger = guest.ledger
        floor = ledger.last_checked()  # the highest id of the node's former lives
        under_way, n = [], 0
        try:
            while True:
                while len(under_way) < UNDER_WAY_MAX:
                    text = self.text(ledger, guest.name, n)
                    under_way.append((text, f"c{n}"))
                    n += 1
                    await guest.socket.send(say(*under_way[-1]))
                event = json.loads(await asyncio.wait_for(guest.socket.recv(), TIMEOUT_S))
                if event["type"] != "message":
                    assert event["type"] in ("user_joined", "user_left"), event
                    continue
                assert event["id"] > floor, f"{event['id']} was given out before the restart"
                guest.take(event)
                if event["sender"] != guest.name:
                    assert "clientMessageId" not in event, event
                    continue
                assert (event["text"], event["clientMessageId"]) == under_way.pop(0), event
                self.acknowledge(ledger)
        except GONE:
            assert self.fault.is_set(), "the node closed a socket before the fault"

    async def command_sender(self, ledger, rpc):
        n = 0
        try:
            while True:
                text, client_id = self.text(ledger, "Agent", n), f"r{self.number}-{n}"
                n += 1
                ledger.unanswered[client_id] = text
                sent = await rpc.must("chat-send", {"roomId": ledger.room, "text": text,
                                                    "clientMessageId": client_id})
                del ledger.unanswered[client_id]
                ledger.show(sent["messageId"], text)
                self.acknowledge(ledger)
        except GONE:
            assert self.fault.is_set(), "the node closed a connection before the fault"

    async def run(self, node, sockets_a_room, acks_max, seconds_max):
        """Load until the node is killed: after so many acknowledgements, or so long, by chance."""
        tasks, rpcs = [], []
        for ledger in self.ledgers:
            rpcs.append(await Rpc.open(node.port))
            for i in range(sockets_a_room):
                self.guests.append(await Guest.open(rpcs[-1], ledger, f"s{i}"))
        if self.rng.random() < 0.5:
            self.fault_at_acks, moment_s = self.rng.randint(1, acks_max), TIMEOUT_S
        else:
            moment_s = self.rng.uniform(0, seconds_max)
        tasks += [asyncio.create_task(self.socket_sender(guest)) for guest in self.guests]
        tasks += [asyncio.create_task(self.command_sender(*each)) for each in zip(self.ledgers, rpcs)]
        due = asyncio.create_task(self.fault.wait())
        done, _ = await asyncio.wait([due, *tasks], timeout=moment_s,
                                     return_when=asyncio.FIRST_COMPLETED)
        assert done or not self.fault_at_acks, f"{self.acks} acknowledged in {moment_s} s"
        self.fault.set()
        node.kill()
        await asyncio.wait_for(asyncio.gather(*tasks), TIMEOUT_S)
        await due
        for rpc in rpcs:
            rpc.close()


async def check(node, ledgers, guests=(), everything=False):
    """After a restart: every room is what its clients were told, and one guest of each comes back.
    Answers how many messages they had missed."""
    rpc = await Rpc.open(node.port)
    try:
        for ledger in ledgers:
            await ledger.check(rpc, everything)
        return sum([await guest.return_after_restart(rpc) for guest in guests])
    finally:
        rpc.close()
