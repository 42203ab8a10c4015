"""An HTTP backend for the tests of the pass-through: its good and bad habits are its paths. Raw sockets, one thread for
each connection, so that it can send anything."""
import argparse
import hashlib
import itertools
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

FIXED = {
    # Answers that are not what they say they are. The connection is closed after each.
    "half-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "no-http": b"hello, this is not HTTP\r\n\r\n",
    "bare-lf": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    "both-framings": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both-framings-turned": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "different-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "bad-length": b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
    "gzip-coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked-in-1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unasked-101": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    "long-head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "interim-without-end": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500,
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    "huge": b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\nhello",
    "cut-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "bad-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nx\r\n",
    "until-close": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello",
    "old": b"HTTP/1.0 200 Fine\r\nContent-Type: text/plain\r\n\r\nhello",
}
KEPT = {
    # These leave the connection open.
    "trailing": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
               b"2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n",
    "no-content": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    "not-modified": b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nContent-Length: 5\r\n\r\n",
    "teapot": b"HTTP/1.1 418 I'm a teapot, really\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type: image/x-tea\r\n"
              b"X-lower-CASE: Kept As It Is\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\n"
              b"Proxy-Authenticate: no\r\nContent-Length: 4\r\n\r\n\x00\xff\r\n",
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}
connections = itertools.count(1)
leaked = []


class Closed(Exception):
    pass


class Connection:
    def __init__(self, sock):
        self.sock, self.bytes, self.number, self.served = sock, b"", next(connections), 0

    def more(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise Closed
        self.bytes += piece

    def read_until(self, end):
        while end not in self.bytes:
            self.more()
        found, self.bytes = self.bytes.split(end, 1)
        return found

    def read(self, count):
        while len(self.bytes) < count:
            self.more()
        found, self.bytes = self.bytes[:count], self.bytes[count:]
        return found

    def body(self, headers):
        """Pieces of the request's body as they arrive."""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(self.read_until(b"\r\n").split(b";")[0], 16):
                yield self.read(size)
                self.read(2)
            self.read_until(b"\r\n")
            return
        left = int(headers.get("content-length", 0))
        while left > 0:
            if not self.bytes:
                self.more()
            piece, self.bytes = self.bytes[:left], self.bytes[left:]
            left -= len(piece)
            yield piece

    def answer(self, body, more=b""):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nX-Connection: %d\r\n%sContent-Length: %d\r\n\r\n%s"
                          % (self.number, more, len(body), body))

    def run(self):
        try:
            while self.serve():
                self.served += 1
        except (Closed, OSError):
            pass
        if self.sock not in leaked:
            self.sock.close()

    def serve(self):
        if options.idle_ms and self.served and not select.select([self.sock], [], [], options.idle_ms / 1000)[0]:
            return False
        head = self.read_until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        method, target, _ = lines[0].split(" ")
        name, _, rest = target.split("?")[0].strip("/").partition("/")
        if name in FIXED:
            self.sock.sendall(FIXED[name])
            return False
        if name in KEPT:
            self.sock.sendall(KEPT[name])
            return True
        serve = getattr(self, "on_" + name.replace("-", "_"), self.on_unknown)
        return serve(method, headers, head, rest)

    def on_unknown(self, method, headers, head, rest):
        self.sock.sendall(b"HTTP/1.1 404 Not Here\r\nContent-Length: 8\r\n\r\nnothing\n")
        return True

    def on_echo(self, method, headers, head, rest):
        body = head + b"\n--\n" + b"".join(self.body(headers))
        self.answer(b"" if method == "HEAD" else body)
        return True

    def on_head(self, method, headers, head, rest):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
        return True

    def on_digest(self, method, headers, head, rest):
        if headers.get("expect") == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        digest, size = hashlib.md5(), 0
        for piece in self.body(headers):
            digest.update(piece)
            size += len(piece)
        self.answer(b"%d %s" % (size, digest.hexdigest().encode()))
        return True

    def on_bytes(self, method, headers, head, rest):
        piece, left = bytes(range(256)) * 256, int(rest)
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left)
        while left > 0:
            self.sock.sendall(piece[:left])
            left -= len(piece)
        return True

    def on_pieces(self, method, headers, head, rest):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(int(rest)):
            piece = b"piece %d\n" % number
            self.sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(0.1)
        self.sock.sendall(b"0\r\n\r\n")
        return True

    def on_events(self, method, headers, head, rest):
        """A stream of events; "events/5/3" dies after the third in the first attempt, "events/5/3/ever" in each."""
        count, dies_after, *ever = rest.split("/") + ["0"] * (1 - rest.count("/"))
        self.record("events begin")
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(1, int(count) + 1):
            piece = b"data: %d\n\n" % number
            self.sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(0.05)
            if number == int(dies_after) and (ever or headers.get("holdfast-attempt") == "1"):
                os._exit(3)
        self.sock.sendall(b"0\r\n\r\n")
        self.record("events end")
        return True

    def on_die_open(self, method, headers, head, rest):
        """A body whose end nobody tells, and a death in the middle of it."""
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhel")
        os._exit(3)

    def on_die_first(self, method, headers, head, rest):
        if headers.get("holdfast-attempt") == "1":
            os._exit(3)
        self.answer(b"attempt %s" % headers.get("holdfast-attempt").encode())
        return True

    def on_die_reading(self, method, headers, head, rest):
        """Dies in the middle of the body in the first attempt; "die-reading/ever" in each."""
        self.record("die-reading begins")
        read = 0
        for piece in self.body(headers):
            read += len(piece)
            if read > int(headers["content-length"]) / 2 and (rest or headers["holdfast-attempt"] == "1"):
                os._exit(3)
        self.answer(b"read %d in attempt %s" % (read, headers["holdfast-attempt"].encode()))
        return True

    def on_read_slowly(self, method, headers, head, rest):
        """Reads the first bytes, then waits for so many milliseconds, and echoes the body."""
        body = b""
        for piece in self.body(headers):
            if not body:
                self.record("reads")
                time.sleep(int(rest) / 1000)
            body += piece
        self.answer(body)
        return True

    def on_refuse_early(self, method, headers, head, rest):
        self.sock.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
        return False

    def on_both_ways(self, method, headers, head, rest):
        """Answers every piece of the body before it reads the next."""
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in self.body(headers):
            self.sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.sock.sendall(b"0\r\n\r\n")
        return True

    def on_silent(self, method, headers, head, rest):
        self.record("silent begins")
        try:
            self.more()
        except (Closed, OSError):
            self.record("silent ends")
        return False

    def on_stall(self, method, headers, head, rest):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        time.sleep(30)
        return False

    def on_sleep(self, method, headers, head, rest):
        time.sleep(int(rest) / 1000)
        self.answer(b"slept in %d" % os.getpid())
        return True

    def on_never_reads(self, method, headers, head, rest):
        time.sleep(30)
        return False

    def on_then_close(self, method, headers, head, rest):
        self.answer(b"closing")
        return False

    def on_count(self, method, headers, head, rest):
        self.record("count " + method)
        for _ in self.body(headers):
            pass
        self.answer(b"%d" % self.number)
        return True

    def on_once(self, method, headers, head, rest):
        """A second request on the same connection gets no answer."""
        self.record("once " + method)
        for _ in self.body(headers) if method == "POST" else ():
            pass
        if self.served > 0:
            return False
        self.answer(b"%d" % self.number)
        return True

    def on_reset(self, method, headers, head, rest):
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def on_die(self, method, headers, head, rest):
        if rest:
            self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        os._exit(3)

    def on_leak(self, method, headers, head, rest):
        """Never closes its connection, nor so many files that it opens."""
        leaked.append(self.sock)
        for _ in range(int(rest) - 1):
            try:
                leaked.append(open("/dev/null", "rb"))
            except OSError:
                break
        self.answer(b"%d" % len(leaked))
        return True

    def on_fork_and_exit(self, method, headers, head, rest):
        """Leaves the answer to a child, and ends."""
        if os.fork() > 0:
            os._exit(0)
        time.sleep(0.2)
        self.answer(b"from the child")
        os._exit(0)

    def on_leave(self, method, headers, head, rest):
        """Takes no new connection from now on, and ends a while later."""
        listener.shutdown(socket.SHUT_RDWR)
        self.answer(b"slept in %d" % os.getpid(), b"Connection: close\r\n")
        time.sleep(int(rest) / 1000)
        os._exit(0)

    def on_upgrade(self, method, headers, head, rest):
        if "upgrade" not in headers:
            self.answer(b"no upgrade: " + head)
            return True
        self.sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\nwelcome "
                          % headers["upgrade"].encode())
        while True:
            if self.bytes == b"bye":
                self.sock.sendall(b"good bye")
                return False
            self.sock.sendall(self.bytes)
            self.bytes = b""
            self.more()

    def record(self, line):
        with open(record, "a", encoding="utf-8") as file:
            file.write(line + "\n")


parser = argparse.ArgumentParser()
parser.add_argument("--socket", required=True)
parser.add_argument("--record", default="/dev/null")
parser.add_argument("--start-ms", type=int, default=0)
parser.add_argument("--ignore-sigterm", action="store_true")
parser.add_argument("--idle-ms", type=int, default=0, help="closes a connection on which no other request came for so long")
options = parser.parse_args()
if options.ignore_sigterm:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
record = options.record
time.sleep(options.start_ms / 1000)
listener = socket.socket(socket.AF_UNIX)
listener.bind(options.socket)
listener.listen(128)
sys.setswitchinterval(0.001)
while True:
    try:
        accepted, _ = listener.accept()
    except OSError:  # on_leave
        time.sleep(60)
    threading.Thread(target=Connection(accepted).run, daemon=True).start()
