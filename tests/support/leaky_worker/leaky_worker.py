#!/usr/bin/env python3
"""A Python backend that misbehaves with memory: one bad habit for each flag, see --help.

Answers POST /analyze with {"result": PROMPT}, so that a test can tell whose answer it got. A request may carry its own
habits, {"leaky": {"retain_mb": 5}}: they stand in for the flags for that run. All memory is touched, page by page.

Also a WSGI application (`application`), with its flags in the environment variable LEAKY_WORKER.
"""
import argparse
import ctypes
import gc
import http.server
import json
import mmap
import os
import random
import shlex
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

MB = 1 << 20
# Memory is taken in pieces, so that a rate can be kept; of the size of a huge page, because four thousand small faults
# take seconds on some virtual machines.
PIECE = 2 * MB

# (flag, default, help). Each is also a key of "leaky", with underscores.
NUMBERS = [
    ("retain-mb", 309, "memory kept for ever after each run"),
    ("alloc-mb", 0, "memory taken by each run, what is kept included (default: that alone)"),
    ("retain-share", -1, "the share of alloc-mb that is kept, from 0 to 1, instead of retain-mb"),
    ("alloc-mb-s", 1545, "how fast it is taken, in MB/s; 0: as fast as it goes"),
    ("hold-ms", 0, "how long a run goes on with all of it"),
    ("spike-mb", 0, "memory taken in the middle of the run, and given back"),
    ("spike-mb-s", 200, "how fast the spike is taken, in MB/s"),
    ("fragment-mb", 0, "small objects made by each run, of which nine tenths are freed and the rest kept"),
    ("native-leak-mb", 0, "memory kept after each run that the language's allocator does not know of"),
    ("thread-leak", 0, "threads left behind by each run"),
    ("thread-kb", 0, "what each of them holds besides its stack"),
    ("gc-pause-ms", 0, "the collector stops everything for that long at the end of each run"),
    ("gc-after-ms", 0, "the same, but once the answer is sent: who asks next waits for it"),
    ("grandchild-mb", 0, "a process is left behind by each run that holds as much and ignores SIGTERM"),
    ("grandchild-leaves", 0, "1: that process leaves our process group and session, like a daemon"),
    ("page-cache-mb", 0, "a file of that size is written and read by each run: page cache, which nobody needs to fear"),
]
# Which of the small objects are kept: hardly a page is empty after the first two, nine tenths of them after the last.
PATTERNS = {
    "random": lambda i, count: random.random() < 0.1,
    "comb": lambda i, count: i % 10 == 0,
    "tail": lambda i, count: i >= count * 0.9,
}


def parse_flags(words):
    parser = argparse.ArgumentParser(prog="leaky_worker", description=__doc__.splitlines()[0])
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--socket", help="Unix socket to listen on")
    where.add_argument("--port", type=int, help="port of the loopback interface to listen on")
    for flag, default, text in NUMBERS:
        parser.add_argument(f"--{flag}", type=float, default=default, metavar="N", help=text)
    parser.add_argument("--fragment-pattern", choices=PATTERNS, default="random", help="which of them are kept")
    parser.add_argument("--startup-mb", type=float, default=0, metavar="N", help="memory held from the start")
    parser.add_argument("--start-ms", type=float, default=0, metavar="N", help="listen only after that time")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="runs at the same time")
    parser.add_argument("--ignore-sigterm", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--page-cache-dir", default="/var/tmp", help="where page-cache-mb writes; not a tmpfs")
    parser.add_argument("--only-hold-mb", type=float, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def touched(size):
    """Memory of its own whose every page was written: an untouched one is not there."""
    piece = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size == PIECE:
        piece.madvise(mmap.MADV_HUGEPAGE)
    piece[:: mmap.PAGESIZE] = b"\1" * len(range(0, size, mmap.PAGESIZE))
    return piece


def take(megabytes, rate):
    """That much memory, at `rate` MB/s."""
    pieces = []
    begun = time.monotonic()
    left = int(megabytes * MB)
    while left > 0:
        pieces.append(touched(min(left, PIECE)))
        left -= PIECE
        if rate > 0:
            ahead = begun + len(pieces) * PIECE / MB / rate - time.monotonic()
            # Sleeping for less is not exact, and the next piece makes up for it.
            if ahead > 0.001:
                time.sleep(ahead)
    return pieces


def fragments(megabytes, pattern):
    """Small objects of which a tenth is left."""
    made = [bytes([i & 255]) * random.randrange(32, 480) for i in range(int(megabytes * MB) // 300)]
    stays = PATTERNS[pattern]
    return [piece for i, piece in enumerate(made) if stays(i, len(made))]


libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]


def leak_native(megabytes):
    size = int(megabytes * MB)
    if size > 0:
        ctypes.memset(libc.malloc(size), 1, size)


def collect_slowly(milliseconds):
    """Real collections of real cycles, one after the other."""
    if milliseconds <= 0:
        return
    cycles = []
    for _ in range(200_000):
        cycle = []
        cycle.append(cycle)
        cycles.append(cycle)
    end = time.monotonic() + milliseconds / 1000
    while time.monotonic() < end:
        gc.collect()


def write_and_read_file(megabytes, directory):
    """The file has no name and goes with us; its pages stay in the cache meanwhile."""
    if megabytes <= 0:
        return None
    file = tempfile.TemporaryFile(dir=directory)
    for _ in range(int(megabytes)):
        file.write(b"\1" * MB)
    file.flush()
    file.seek(0)
    while file.read(MB):
        pass
    return file


def leave_thread(kilobytes):
    def wait_for_ever():
        held = touched(int(kilobytes * 1024)) if kilobytes > 0 else None
        begun.set()
        threading.Event().wait()
        del held
    begun = threading.Event()
    threading.Thread(target=wait_for_ever, daemon=True).start()
    begun.wait()


def leave_grandchild(megabytes, leaves):
    if megabytes <= 0:
        return
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--only-hold-mb", str(megabytes)],
                             stdout=subprocess.PIPE, start_new_session=leaves)
    child.stdout.readline()
    kept.append(child)


kept = []  # What was leaked.


def analyze(flags, request):
    habits = {**vars(flags), **request.get("leaky", {})}
    retained = habits["retain_mb"]
    if habits["retain_share"] >= 0:
        retained = habits["retain_share"] * habits["alloc_mb"]
    # First: until it executes its program a child counts with all that its parent holds.
    leave_grandchild(habits["grandchild_mb"], habits["grandchild_leaves"] > 0)
    kept.append(take(retained, habits["alloc_mb_s"]))
    passing = take(habits["alloc_mb"] - retained, habits["alloc_mb_s"])
    kept.append(fragments(habits["fragment_mb"], habits["fragment_pattern"]))
    leak_native(habits["native_leak_mb"])
    for _ in range(int(habits["thread_leak"])):
        leave_thread(habits["thread_kb"])
    kept.append(write_and_read_file(habits["page_cache_mb"], flags.page_cache_dir))
    passing += take(habits["spike_mb"], habits["spike_mb_s"])
    time.sleep(habits["hold_ms"] / 1000)
    collect_slowly(habits["gc_pause_ms"])
    del passing
    return {"result": request.get("prompt"), "pid": os.getpid()}


def answer(flags, body):
    """Status and body of the response, and for how long a collection follows it."""
    try:
        request = json.loads(body)
        pause = {**vars(flags), **request.get("leaky", {})}["gc_after_ms"]
        return 200, json.dumps(analyze(flags, request)).encode(), pause
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        return 422, json.dumps({"detail": str(error)}).encode(), 0


def begin(flags):
    if flags.ignore_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    kept.append(take(flags.startup_mb, 0))
    time.sleep(flags.start_ms / 1000)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread for each connection, a turn for each run."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, flags):
        self.flags = flags
        self.turns = threading.Semaphore(flags.at_once)
        address = flags.socket or ("127.0.0.1", flags.port)
        self.address_family = socket.AF_UNIX if flags.socket else socket.AF_INET
        super().__init__(address, Handler)

    def end(self, *_):
        """What runs is finished; the rest is not begun."""
        def last_turns():
            for _ in range(self.flags.at_once):
                self.turns.acquire()
            os._exit(0)
        threading.Thread(target=last_turns).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.turns:
            status, text, pause = answer(self.server.flags, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            collect_slowly(pause)

    def log_message(self, *_):
        pass

    def address_string(self):
        return "client"


def application(environ, start_response):
    """The same work behind a WSGI server."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, text, _ = answer(wsgi_flags, body)
    line = "200 OK" if status == 200 else f"{status} Unprocessable"
    start_response(line, [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def hold(megabytes):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pieces = take(megabytes, 0)
    print("held", flush=True)
    while pieces:
        signal.pause()


def main():
    flags = parse_flags(sys.argv[1:])
    if flags.only_hold_mb is not None:
        hold(flags.only_hold_mb)
    if not flags.socket and not flags.port:
        sys.exit("leaky_worker: needs --socket or --port (see --help)")
    begin(flags)
    server = Server(flags)
    if not flags.ignore_sigterm:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.end)
    server.serve_forever()


if __name__ == "__main__":
    main()
else:
    wsgi_flags = parse_flags(shlex.split(os.environ.get("LEAKY_WORKER", "")))
    begin(wsgi_flags)
