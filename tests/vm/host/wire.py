# SPDX-License-Identifier: GPL-2.0-only
"""The protocol between the agent on a target and the runner: agent/wire.h in Python."""

import struct

MAGIC = 0x7470
MOST_BYTES = 1 << 20

# to the target
RUN, PUT, GET, INPUT, KILL, PING = range(1, 7)
# from it
HELLO, OUTPUT, ERROR, EXIT, PONG = range(64, 69)
# from a client to the runner
CONTROL = 128

NOT_SET_UP, TIMED_OUT, GONE = 123, 124, 125

RUN_INPUT, RUN_WAIT = 1, 2

HEAD = struct.Struct("<HHII")
RUN_HEAD = struct.Struct("<IIII")


class Broken(Exception):
    """The received data is no frame."""


def frame(kind, channel, data=b""):
    return HEAD.pack(MAGIC, kind, channel, len(data)) + data


def run_request(args, env=None, timeout=0, flags=0):
    """The data of RUN: timeout in seconds, 0 for none."""
    strings = list(args) + [f"{name}={value}" for name, value in (env or {}).items()]
    head = RUN_HEAD.pack(int(timeout * 1000), flags, len(args), len(env or {}))
    return head + b"".join(text.encode() + b"\0" for text in strings)


class Parser:
    """Makes frames of bytes as they come."""

    def __init__(self):
        self.have = bytearray()

    def feed(self, data):
        """Yields (kind, channel, data) of each frame that is whole."""
        self.have += data
        at = 0
        while len(self.have) - at >= HEAD.size:
            magic, kind, channel, count = HEAD.unpack_from(self.have, at)
            if magic != MAGIC or count > MOST_BYTES:
                raise Broken(f"no frame: {bytes(self.have[at:at + 40])!r}")
            if len(self.have) - at < HEAD.size + count:
                break
            at += HEAD.size
            yield kind, channel, bytes(self.have[at:at + count])
            at += count
        del self.have[:at]
