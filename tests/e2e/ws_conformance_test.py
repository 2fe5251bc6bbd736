#!/usr/bin/python3
"""RFC 6455 on the node's own WebSocket layer (ws_echo): the categories of the well-known public
conformance suite without compression, case numbers as there, on bare sockets."""

import os
import re
import select
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.raw_ws import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Peer, close_frame,  # noqa: E402
                        frame)

WS_ECHO = os.environ.get("WS_ECHO_BIN", "build/release/bin/ws_echo")
PROTOCOL_ERROR, BAD_DATA, TOO_BIG = 1002, 1007, 1009
KIB, MIB = 1024, 1024 * 1024

# 6.2 and 6.5 to 6.21 of the suite.
VALID_UTF8 = [
    "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u0000", "\u0080", "\u0800", "\U00010000", "\u007f", "\u07ff",
    "\uffff", "\U0010ffff", "\ud7ff", "\ue000", "\ufffd", "\ufeff", "\ufffe", "\ufdd0\ufdef",
    "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)),
]
INVALID_UTF8 = [bytes.fromhex(text) for text in (
    # truncated after something good, and good again; surrogate, overlong, too high within text
    "cebae1bdb9cf83cebcceb5eda080656469746564", "cebae1bdb9cf83cebcceb5f4908080656469746564",
    # five and six bytes; beyond U+10FFFF
    "f888808080", "fc8480808080", "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf", "f4908080", "f5808080",
    # lonely continuation bytes
    "80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80bf",
    # last byte missing
    "c0", "c2", "e080", "e0a0", "f08080", "f09080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf",
    "fbbfbfbf", "fdbfbfbfbf", "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",
    # bytes there cannot be
    "fe", "ff", "fefeffff",
    # overlong
    "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af", "c1bf", "e09fbf", "f08fbfbf",
    "f887bfbfbf", "fc83bfbfbfbf", "c080", "e08080", "f0808080", "f880808080", "fc8080808080",
    # surrogates, single and paired
    "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf", "eda080edb080",
    "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080", "edae80edbfbf", "edafbfedb080",
    "edafbfedbfbf")]
INVALID_UTF8 += [bytes(range(0x80, 0xC0))]
INVALID_UTF8 += [b"".join(bytes([lead]) + b" " for lead in leads) for leads in (
    range(0xC0, 0xE0), range(0xE0, 0xF0), range(0xF0, 0xF8), range(0xF8, 0xFC), range(0xFC, 0xFE))]


def is_utf8(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def boundary_sequences():
    """Every byte from 80 to FF as the first of a sequence as long as it says, with second bytes on
    all boundaries that the standard draws."""
    for lead in range(0x80, 0x100):
        length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        for second in (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0):
            yield bytes([lead, second]) + b"\x80" * (length - 2)


class Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([WS_ECHO, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                      text=True)
        assert select.select([cls.server.stdout], [], [], 60)[0], "ws_echo says nothing"
        line = cls.server.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, f"ws_echo says {line!r}"
        cls.port = int(found[1])

    @classmethod
    def tearDownClass(cls):
        alive = cls.server.poll() is None
        cls.server.kill()
        cls.server.wait()
        cls.server.stdout.close()
        assert alive, "ws_echo ended during the tests"

    # --- what is expected ---

    def peer(self):
        return Peer(self.port)

    def expect(self, sent, wanted, chop=None):
        """These events come back and then, when we close, a clean end."""
        with self.peer() as peer:
            self.assertTrue(peer.send(sent, chop))
            for event in wanted:
                self.same(peer.next(), event)
            self.finish(peer)

    def finish(self, peer):
        peer.send(close_frame(1000))
        self.assertEqual(peer.rest(), [("close", 1000, b""), ("eof",)])

    def same(self, got, wanted):
        if got != wanted:  # without printing megabytes
            self.fail(f"{str(got)[:200]} is not {str(wanted)[:200]}")

    def expect_failure(self, sent, code=PROTOCOL_ERROR, before=(), chop=None):
        """These events, then a close frame with the code, then the server ends the connection,
        whatever else was sent."""
        with self.peer() as peer:
            peer.send(sent, chop)
            for event in before:
                self.same(peer.next(), event)
            self.expect_failed(peer, code)

    def expect_failed(self, peer, code):
        event = peer.next()
        self.assertEqual(event[:2], ("close", code), str(event)[:200])
        # A reset is the server's end too: it had not read what we sent behind the error.
        self.assertIn(peer.next(), [("eof",), ("reset",)])


    # --- 1: framing ---

    def test_1_sizes(self):
        for opcode, name in ((TEXT, "text"), (BINARY, "binary")):
            for size in (0, 1, 125, 126, 127, 128, 65535, 65536, MIB):
                payload = b"*" * size if opcode == TEXT else os.urandom(size)
                for chop in (None, 997):
                    with self.subTest(f"{name} {size} chopped {chop}"):
                        self.expect(frame(opcode, payload), [(name, payload)], chop)

    def test_1_sixteen_mebibytes(self):
        for opcode, name in ((TEXT, "text"), (BINARY, "binary")):
            payload = b"\xce\xba" * (8 * MIB) if opcode == TEXT else os.urandom(16 * MIB)
            for chop in (None, 65521):
                with self.subTest(f"{name} chopped {chop}"):
                    self.expect(frame(opcode, payload), [(name, payload)], chop)

    def test_1_byte_by_byte(self):
        for opcode, name in ((TEXT, "text"), (BINARY, "binary")):
            for size in (0, 125, 126, 1000):
                self.expect(frame(opcode, b"x" * size), [(name, b"x" * size)], chop=1)

    def test_1_over_the_limit(self):
        """ws_echo takes 16 MiB and not one byte more, whole or in fragments."""
        with self.peer() as peer:  # the length alone condemns it
            peer.send(b"\x82\xff" + struct.pack("!Q", 16 * MIB + 1) + b"mask")
            self.expect_failed(peer, TOO_BIG)
        many = frame(BINARY, bytes(16 * MIB), fin=False) + frame(CONT, b"x")
        self.expect_failure(many, TOO_BIG)

    def test_1_impossible_lengths(self):
        """The first bit of a length must be 0; that it is too big is as true."""
        with self.peer() as peer:
            peer.send(b"\x82\xff" + b"\xff" * 8 + b"mask")
            self.assertIn(peer.next()[:2], [("close", PROTOCOL_ERROR), ("close", TOO_BIG)])

    def test_1_lengths_not_the_shortest(self):
        """Section 5.2: the minimal number of bytes must be used."""
        self.expect_failure(b"\x82\xfe\x00\x7d" + bytes(4) + bytes(125))
        self.expect_failure(b"\x82\xff" + struct.pack("!Q", 65535) + bytes(4) + bytes(65535))

    def test_1_unmasked(self):
        """Section 5.1: a server closes the connection on an unmasked frame."""
        for opcode in (TEXT, BINARY, PING, CLOSE):
            self.expect_failure(frame(opcode, masked=False))
        self.expect_failure(frame(TEXT, b"good") + frame(TEXT, b"bad", masked=False),
                            before=[("text", b"good")])

    # --- 2: pings and pongs ---

    def test_2_pings(self):
        payloads = [b"", b"Hello, world!", bytes.fromhex("00fffefdfcfb00ff"), b"\xfe" * 125]
        payloads += [os.urandom(size) for size in range(0, 126, 25)]
        for payload in payloads:
            for chop in (None, 1):
                with self.subTest(f"{len(payload)} chopped {chop}"):
                    self.expect(frame(PING, payload), [("pong", payload)], chop)

    def test_2_5_ping_too_long(self):
        for size in (126, 127, 65535, 65536):
            self.expect_failure(frame(PING, b"\xfe" * size))
            self.expect_failure(frame(PONG, b"\xfe" * size))

    def test_2_unsolicited_pongs(self):
        self.expect(frame(PONG), [])
        self.expect(frame(PONG, b"unsolicited"), [])
        self.expect(frame(PONG, b"unsolicited") + frame(PING, b"real"), [("pong", b"real")])

    def test_2_ten_pings(self):
        payloads = [b"payload-%d" % i for i in range(10)]
        sent = b"".join(frame(PING, p) for p in payloads)
        for chop in (None, 1):
            with self.subTest(chop):
                self.expect(sent, [("pong", p) for p in payloads], chop)

    # --- 3: reserved bits ---

    def test_3_reserved_bits(self):
        hello, echo = frame(TEXT, b"Hello"), ("text", b"Hello")
        for rsv in range(1, 8):
            for opcode in (TEXT, BINARY, CONT, PING, PONG, CLOSE):
                bad = frame(opcode, struct.pack("!H", 1000) + b"rest", rsv=rsv)
                with self.subTest(f"rsv {rsv} opcode {opcode}"):
                    self.expect_failure(bad)
            for chop in (None, 1):
                with self.subTest(f"rsv {rsv} after a message, chopped {chop}"):
                    self.expect_failure(hello + frame(TEXT, b"x", rsv=rsv) + frame(PING),
                                        before=[echo], chop=chop)

    # --- 4: opcodes ---

    def test_4_reserved_opcodes(self):
        hello, echo = frame(TEXT, b"Hello"), ("text", b"Hello")
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            with self.subTest(opcode):
                self.expect_failure(frame(opcode))
                self.expect_failure(frame(opcode, b"reserved opcode"))
                for chop in (None, 1):
                    self.expect_failure(hello + frame(opcode, b"reserved") + frame(PING),
                                        before=[echo], chop=chop)

    # --- 5: fragmentation ---

    def test_5_control_frames_are_whole(self):
        for opcode in (PING, PONG, CLOSE):
            self.expect_failure(frame(opcode, b"", fin=False) + frame(CONT, b"fragment2"))

    def test_5_fragments(self):
        first, last = frame(TEXT, b"fragment1", fin=False), frame(CONT, b"fragment2")
        echo, pong = ("text", b"fragment1fragment2"), ("pong", b"ping")
        ping = frame(PING, b"ping")
        for chop in (None, 1, 7):
            with self.subTest(chop):
                self.expect(first + last, [echo], chop)
                self.expect(first + ping + last, [pong, echo], chop)
                self.expect(first + frame(PONG, b"?") + last, [echo], chop)
        five = [frame(TEXT, b"fragment1", fin=False)]
        five += [frame(CONT, b"fragment%d" % i, fin=i == 5) for i in range(2, 6)]
        echo = ("text", b"fragment1fragment2fragment3fragment4fragment5")
        pongs = [("pong", b"1"), ("pong", b"2")]
        pinged = five[:2] + [frame(PING, b"1")] + five[2:4] + [frame(PING, b"2")] + five[4:]
        for chop in (None, 1):
            self.expect(b"".join(five), [echo], chop)
            self.expect(b"".join(pinged), [*pongs, echo], chop)

    def test_5_pong_comes_before_the_message_ends(self):
        with self.peer() as peer:
            peer.send(frame(TEXT, b"one", fin=False) + frame(PING, b"early"))
            self.same(peer.next(), ("pong", b"early"))
            peer.send(frame(CONT, b"two"))
            self.same(peer.next(), ("text", b"onetwo"))
            self.finish(peer)

    def test_5_empty_fragments(self):
        empty = frame(TEXT, fin=False) + frame(CONT, fin=False)
        self.expect(empty + frame(CONT), [("text", b"")])
        self.expect(frame(BINARY, fin=False) + frame(CONT, b"x", fin=False) + frame(CONT),
                    [("binary", b"x")])

    def test_5_continuation_of_nothing(self):
        hello, echo = frame(TEXT, b"Hello"), ("text", b"Hello")
        for fin in (True, False):
            stray = frame(CONT, b"stray", fin=fin)
            for chop in (None, 1):
                with self.subTest(f"fin {fin} chopped {chop}"):
                    self.expect_failure(stray + hello, chop=chop)
                    self.expect_failure(hello + stray + hello, before=[echo], chop=chop)
            whole = frame(TEXT, b"frag1", fin=False) + frame(CONT, b"frag2")
            self.expect_failure(whole + stray + hello, before=[("text", b"frag1frag2")])
            self.expect_failure((stray + hello) * 2)

    def test_5_message_within_a_message(self):
        for opcode in (TEXT, BINARY):
            for fin in (True, False):
                for chop in (None, 1):
                    self.expect_failure(frame(TEXT, b"frag1", fin=False) +
                                        frame(opcode, b"frag2", fin=fin), chop=chop)

    def test_5_every_split(self):
        """A text of 12 bytes in two and in three fragments, at every place, bytes of a letter apart
        too, with a ping between."""
        text = "aµß€𝄞".encode()
        for i in range(len(text) + 1):
            for j in range(i, len(text) + 1):
                self.expect(frame(TEXT, text[:i], fin=False) + frame(PING, b"") +
                            frame(CONT, text[i:j], fin=False) + frame(CONT, text[j:]),
                            [("pong", b""), ("text", text)])

    # --- 6: UTF-8 ---

    def test_6_valid(self):
        for text in (t.encode() for t in VALID_UTF8):
            with self.subTest(text[:20]):
                self.expect(frame(TEXT, text), [("text", text)])
                pieces = [frame(CONT, text[i:i + 1], fin=False) for i in range(len(text))]
                letters = frame(TEXT, fin=False) + b"".join(pieces) + frame(CONT)
                self.expect(letters, [("text", text)])
                self.expect(frame(TEXT, text), [("text", text)], chop=1)
        good = b"".join(s for s in boundary_sequences() if is_utf8(s))
        self.expect(frame(TEXT, good), [("text", good)])

    def test_6_invalid(self):
        for data in INVALID_UTF8:
            with self.subTest(data[:20].hex()):
                self.assertFalse(is_utf8(data))
                self.expect_failure(frame(TEXT, data), BAD_DATA)
                self.expect_failure(frame(TEXT, data), BAD_DATA, chop=1)
                pieces = [frame(CONT, data[i:i + 1], fin=False) for i in range(len(data))]
                self.expect_failure(frame(TEXT, fin=False) + b"".join(pieces) + frame(CONT),
                                    BAD_DATA)

    def test_6_every_boundary(self):
        for data in boundary_sequences():
            if is_utf8(data):
                continue
            with self.subTest(data.hex()):
                self.expect_failure(frame(TEXT, b"good " + data + b" good"), BAD_DATA)

    def test_6_what_came_before_is_echoed(self):
        self.expect_failure(frame(TEXT, b"good") + frame(TEXT, b"\xff"), BAD_DATA,
                            before=[("text", b"good")])

    def test_6_4_fail_fast(self):
        """The connection fails at the first impossible byte: no further byte is needed."""
        good, bad = "κόσμε".encode(), b"\xf4\x90"
        with self.peer() as peer:  # in a fragment, the message not ended
            peer.send(frame(TEXT, good, fin=False))
            peer.send(frame(CONT, bad, fin=False))
            self.expect_failed(peer, BAD_DATA)
        with self.peer() as peer:  # in a frame, the frame not ended
            whole = frame(TEXT, good + bad + b"\x80\x80edited")
            peer.send(whole[:6 + len(good) + len(bad)])
            self.expect_failed(peer, BAD_DATA)
        with self.peer() as peer:  # a letter that starts in one fragment and breaks in the next
            peer.send(frame(TEXT, b"\xe2\x82", fin=False) + frame(CONT, b"x", fin=False))
            self.expect_failed(peer, BAD_DATA)

    def test_6_binary_is_not_looked_at(self):
        for data in INVALID_UTF8:
            self.expect(frame(BINARY, data), [("binary", data)])

    # --- 7: closing ---

    def expect_close(self, sent, code, reason=None, before=()):
        with self.peer() as peer:
            peer.send(sent)
            for event in before:
                self.same(peer.next(), event)
            event = peer.next()
            self.assertEqual(event[:2], ("close", code), str(event)[:200])
            if reason is not None:
                self.assertIn(event[2], (b"", reason))
            self.assertIn(peer.next(), [("eof",), ("reset",)])

    def test_7_1_nothing_after_close(self):
        bye = close_frame(1000)
        hello, echo = frame(TEXT, b"Hello"), ("text", b"Hello")
        self.expect_close(hello + bye, 1000, before=[echo])
        self.expect_close(bye + bye, 1000)
        self.expect_close(bye + frame(PING, b"late"), 1000)
        self.expect_close(bye + hello, 1000)
        self.expect_close(frame(TEXT, b"fragment1", fin=False) + bye + frame(CONT, b"fragment2"),
                          1000)
        big = b"BAsd7&jh23" * 26214
        self.expect_close(frame(TEXT, big) + bye + frame(PING), 1000, before=[("text", big)])

    def test_7_3_payload_lengths(self):
        with self.peer() as peer:
            peer.send(close_frame())
            self.assertIn(peer.next(), [("close", None, b""), ("close", 1000, b"")])
            self.assertEqual(peer.next(), ("eof",))
        self.expect_failure(frame(CLOSE, b"a"))
        for reason in (b"", b"x", b"Hello World!", b"*" * 122, b"*" * 123, "κόσμε".encode()):
            with self.subTest(len(reason)):
                self.expect_close(close_frame(1000, reason), 1000, reason)
        for size in (124, 125, 1000, 65536):
            with self.subTest(size):
                self.expect_failure(close_frame(1000, b"*" * size))

    def test_7_5_reason_is_utf8(self):
        for data in INVALID_UTF8:
            if len(data) <= 123:
                with self.subTest(data[:20].hex()):
                    with self.peer() as peer:
                        peer.send(close_frame(1000, data))
                        event = peer.next()
                        self.assertIn(event[:2], [("close", BAD_DATA), ("close", PROTOCOL_ERROR)])
                        self.assertIn(peer.next(), [("eof",), ("reset",)])

    def test_7_7_valid_codes(self):
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
            with self.subTest(code):
                self.expect_close(close_frame(code, b"why"), code, b"why")

    def test_7_9_invalid_codes(self):
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999):
            with self.subTest(code):
                self.expect_failure(close_frame(code))
                self.expect_failure(close_frame(code, b"why"))

    def test_7_13_codes_nobody_defined(self):
        for code in (5000, 65535):
            with self.subTest(code), self.peer() as peer:
                peer.send(close_frame(code))
                self.assertIn(peer.next()[:2], [("close", code), ("close", PROTOCOL_ERROR)])
                self.assertEqual(peer.next(), ("eof",))

    def test_7_the_server_ends_the_connection(self):
        """It does so when it has answered, while we keep our side open; and a clean end it is."""
        for sent, code in ((close_frame(1000), 1000), (frame(3), PROTOCOL_ERROR)):
            with self.peer() as peer:
                peer.send(sent)
                events = peer.rest()
                self.assertEqual([e[:2] for e in events], [("close", code), ("eof",)])

    def test_7_vanishing_clients(self):
        """Whoever goes in the middle of anything takes nobody along."""
        whole = frame(TEXT, b"x" * 70000)
        for part in (b"", b"\x81", whole[:5], whole[:40000], frame(TEXT, b"x", fin=False)):
            with self.peer() as peer:
                peer.send(part)
        self.expect(frame(TEXT, b"alive"), [("text", b"alive")])

    # --- 9, 10: limits and load ---

    def fragmented(self, opcode, payload, size):
        pieces = [payload[i:i + size] for i in range(0, len(payload), size)]
        last = len(pieces) - 1
        return b"".join(frame(CONT if i else opcode, piece, fin=i == last)
                        for i, piece in enumerate(pieces))

    def test_9_fragments(self):
        payload = os.urandom(4 * MIB)
        for size in (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB):
            with self.subTest(size):  # 64: 65,536 fragments
                self.expect(self.fragmented(BINARY, payload, size), [("binary", payload)])
        text = "κόσμε".encode() * 100000
        self.expect(self.fragmented(TEXT, text, 997), [("text", text)])

    def test_9_sixtyfive_thousand_empty_fragments(self):
        sent = frame(TEXT, fin=False) + frame(CONT, fin=False) * 65534 + frame(CONT, b"end")
        self.expect(sent, [("text", b"end")])

    def test_9_chopped(self):
        payload = os.urandom(MIB)
        for chop in (64, 251, KIB):
            with self.subTest(chop):
                self.expect(frame(BINARY, payload), [("binary", payload)], chop)

    def test_9_round_trips(self):
        for opcode, name in ((TEXT, "text"), (BINARY, "binary")):
            for size in (0, 16, 64, 256, KIB, 4 * KIB):
                payload = b"r" * size
                with self.subTest(f"{name} {size}"), self.peer() as peer:
                    for _ in range(200):
                        peer.send(frame(opcode, payload))
                        self.same(peer.next(), (name, payload))
                    self.finish(peer)

    def test_9_pipelined(self):
        """10,000 small messages without waiting come back, all and in order."""
        messages = [b"message %d" % i for i in range(10000)]
        sent = b"".join(frame(TEXT, m) for m in messages)
        for chop in (None, 4099):
            with self.subTest(chop):
                self.expect(sent, [("text", m) for m in messages], chop)

    def test_10_fragments_of_a_network(self):
        payload = b"*" * 65536
        self.expect(self.fragmented(TEXT, payload, 1300), [("text", payload)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
