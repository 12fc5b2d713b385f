# SPDX-License-Identifier: GPL-2.0-only
"""Shares the line to a target among all its clients.

Clients (agent/target.c, and Target.request) connect to a socket, and each has one request.
The server gives the request a channel of the target's, and passes frames both ways. The server
ends a command that takes too long, or whose client has gone, and notices when the target no longer
answers. What the server can't do itself, such as a restart of the target, it asks of its owner.
"""

import os
import selectors
import socket
import struct
import threading
import time

import wire

PING_S = 5
# The server drops a client that has so many bytes left to read.
MOST_WAITING = 64 << 20

# So long after SIGKILL the server no longer waits for a command, which sleeps in the kernel then.
DEATH_S = 15


def receive(sock):
    """The data that has arrived: b"" at the end of the stream, None if there is no data yet."""
    try:
        return sock.recv(1 << 16)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def write(sock, rest):
    """Writes as much of REST as the socket takes now. OSError if the other end is closed."""
    try:
        while rest:
            del rest[:sock.send(rest)]
    except BlockingIOError:
        pass


class Connection:
    """A client and its request. The server never waits for a client."""

    def __init__(self, sock, changed):
        self.sock = sock
        self.changed = changed  # called when there is more to write, or no more
        self.rest = bytearray()  # bytes that could not be written yet
        self.parser = wire.Parser()
        self.channel = None
        self.deadline = None
        self.timed_out = False
        self.waiting = []  # frames for a target that is not up yet

    def send(self, kind, data=b""):
        self.rest += wire.frame(kind, 0, data)
        self.push()

    def push(self):
        try:
            write(self.sock, self.rest)
        except OSError:
            self.rest.clear()  # the client has gone; its end of file follows
        self.changed(self)

    def finish(self, status, why=""):
        if why:
            self.send(wire.ERROR, f"target: {why}\n".encode())
        self.send(wire.EXIT, struct.pack("<I", status))


class Server(threading.Thread):
    """The server's thread calls owner.on_hello(release) and owner.on_gone(why). A thread for each
    request calls owner.on_control(word), which returns (status, text)."""

    def __init__(self, address, owner, hang_s):
        super().__init__(daemon=True, name=f"server {address}")
        self.address = address
        self.owner = owner
        self.hang_s = hang_s
        self.hold = False  # clients with RUN_WAIT wait for a target that is gone
        self.set_up = False  # the tests have said set-up since the target started
        self.connections = {}  # by their sockets
        self.channels = {}  # by number
        self.last_channel = 0
        self.line = None
        self.line_parser = None
        self.line_rest = bytearray()  # bytes that could not be written yet
        self.ready = False  # the agent has said hello
        self.heard = self.pinged = 0.0
        self.todo = []
        self.lock = threading.Lock()
        self.wake_read, self.wake_write = os.pipe()
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if os.path.exists(address):
            os.unlink(address)
        self.listener.bind(str(address))
        self.listener.listen(64)
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.selector.register(self.wake_read, selectors.EVENT_READ, self.wake)

    # Called by other threads.

    def call(self, function, *args):
        """Makes the server's thread call the function, soon."""
        with self.lock:
            self.todo.append((function, args))
        os.write(self.wake_write, b"!")

    def attach(self, line):
        """Takes LINE, a socket at whose other end the agent is, or will be."""
        self.call(self.on_attach, line)

    def detach(self, why):
        self.call(self.gone, why)

    def close(self):
        self.call(self.on_close)
        self.join()

    # Called by the server's own thread.

    def run(self):
        while self.listener:
            for key, _ in self.selector.select(self.patience()):
                # An earlier event may have closed this socket.
                now = self.selector.get_map().get(key.fd)
                if now and now.fileobj is key.fileobj:
                    now.data(now.fileobj)
            self.look_at_clock()

    def patience(self):
        deadlines = [c.deadline for c in self.channels.values() if c.deadline]
        return max(0, min([PING_S, *(d - time.monotonic() for d in deadlines)]))

    def wake(self, _):
        os.read(self.wake_read, 4096)
        with self.lock:
            todo, self.todo = self.todo, []
        for function, args in todo:
            function(*args)

    def on_close(self):
        self.gone("the runner ends")
        for connection in list(self.connections.values()):
            self.drop(connection)
        self.listener.close()
        self.listener = None
        os.unlink(self.address)

    def on_attach(self, line):
        self.line = line
        self.ready = False
        self.line_parser = wire.Parser()
        self.heard = self.pinged = time.monotonic()
        self.line_rest = bytearray()
        line.setblocking(False)
        self.selector.register(line, selectors.EVENT_READ, self.on_line)

    def gone(self, why):
        """The target is gone, and no client gets an answer any more."""
        if not self.line:
            return
        self.selector.unregister(self.line)
        self.line.close()
        self.line = None
        self.ready = self.set_up = False
        self.owner.on_gone(why)
        for connection in list(self.channels.values()):
            connection.finish(wire.GONE, f"the target is gone: {why}")
            self.release(connection)

    def look_at_clock(self):
        now = time.monotonic()
        for connection in list(self.channels.values()):
            if not connection.deadline or now < connection.deadline:
                continue
            if connection.timed_out:
                connection.finish(wire.TIMED_OUT, f"SIGKILL has not ended it in {DEATH_S} s")
                self.release(connection)
                continue
            connection.timed_out = True
            connection.deadline = now + DEATH_S
            self.to_target(wire.KILL, connection.channel)
        # Before the agent is up, the target's terminal would echo a ping.
        if not self.ready:
            return
        if now - self.heard >= self.hang_s:
            self.gone(f"it has not answered for {self.hang_s} s")
        elif now - max(self.heard, self.pinged) >= PING_S:
            self.pinged = now
            self.to_target(wire.PING, 0)

    def to_target(self, kind, channel, data=b""):
        if not self.line:
            return
        self.line_rest += wire.frame(kind, channel, data)
        self.push()

    def push(self, _=None):
        """Writes as much as the line takes now, and the rest when the line takes more."""
        try:
            write(self.line, self.line_rest)
        except OSError as error:
            self.gone(error.strerror)
            return
        self.watch(self.line, self.line_rest, self.on_line)

    def watch(self, sock, rest, function):
        """Calls the function when data comes; and when the socket takes more, while there is a
        rest."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if rest else 0)
        self.selector.modify(sock, events, function)

    def on_line(self, line):
        if self.line_rest:
            self.push()
        if self.line is line:
            self.from_target(line)

    def from_target(self, line):
        data = receive(line)
        if data is None:
            return
        if not data:
            self.gone("it has ended")
            return
        self.heard = time.monotonic()
        try:
            for kind, channel, payload in self.line_parser.feed(data):
                self.on_frame(kind, channel, payload)
        except wire.Broken as error:
            self.gone(str(error))

    def on_frame(self, kind, channel, data):
        if kind == wire.HELLO:
            self.ready = True
            self.owner.on_hello(data.decode())
            for connection in list(self.connections.values()):
                frames, connection.waiting = connection.waiting, []
                for request in frames:
                    self.request(connection, *request)
        connection = self.channels.get(channel)
        if not connection or kind not in (wire.OUTPUT, wire.ERROR, wire.EXIT):
            return
        if kind == wire.EXIT:
            if connection.timed_out:
                connection.finish(wire.TIMED_OUT)
            else:
                connection.send(kind, data)
            self.release(connection)
        else:
            connection.send(kind, data)
            if len(connection.rest) > MOST_WAITING:
                self.drop(connection)

    def accept(self, listener):
        sock, _ = listener.accept()
        sock.setblocking(False)
        self.connections[sock] = Connection(sock, self.watch_client)
        self.selector.register(sock, selectors.EVENT_READ, self.from_client)

    def watch_client(self, connection):
        if connection.sock in self.connections:
            self.watch(connection.sock, connection.rest, self.from_client)

    def from_client(self, sock):
        connection = self.connections[sock]
        if connection.rest:
            connection.push()
        data = receive(sock)
        if data is None:
            return
        if not data:
            self.drop(connection)
            return
        try:
            for kind, _, payload in connection.parser.feed(data):
                self.request(connection, kind, payload)
        except (wire.Broken, struct.error, UnicodeDecodeError) as error:
            connection.finish(2, str(error))
            self.drop(connection)

    def request(self, connection, kind, data):
        waits = kind == wire.RUN and wire.RUN_HEAD.unpack_from(data)[1] & wire.RUN_WAIT
        if kind == wire.CONTROL:
            self.control(connection, data.decode())
        elif not self.ready and self.hold and (waits or connection.waiting):
            connection.waiting.append((kind, data))
        elif not self.ready:
            connection.finish(wire.GONE, "the target is gone")
        elif waits and not self.set_up:
            connection.finish(wire.NOT_SET_UP)
        elif kind in (wire.RUN, wire.PUT, wire.GET) and connection.channel is None:
            self.last_channel += 1
            connection.channel = self.last_channel
            self.channels[connection.channel] = connection
            timeout = wire.RUN_HEAD.unpack_from(data)[0] if kind == wire.RUN else 0
            if timeout:
                connection.deadline = time.monotonic() + timeout / 1000
            self.to_target(kind, connection.channel, data)
        elif kind in (wire.INPUT, wire.KILL) and connection.channel is not None:
            self.to_target(kind, connection.channel, data)

    def control(self, connection, word):
        if word == "alive":
            connection.finish(0 if self.ready else 1)
        elif word == "is-set-up":
            connection.finish(0 if self.set_up else 1)
        elif word == "set-up":
            self.set_up = self.ready
            connection.finish(0 if self.ready else 1)
        elif word == "kill":
            for channel in list(self.channels):
                self.to_target(wire.KILL, channel)
            connection.finish(0)
        else:
            threading.Thread(target=self.ask_owner, args=(connection, word), daemon=True).start()

    def ask_owner(self, connection, word):
        """Runs in a thread of its own: the owner may take long, and need this server meanwhile."""
        status, text = self.owner.on_control(word)
        self.call(connection.finish, status, text)

    def release(self, connection):
        self.channels.pop(connection.channel, None)
        connection.channel = connection.deadline = None

    def drop(self, connection):
        """The client has gone: kills the command that the client started."""
        if connection.channel is not None:
            self.to_target(wire.KILL, connection.channel)
            self.release(connection)
        del self.connections[connection.sock]
        self.selector.unregister(connection.sock)
        connection.sock.close()
