"""A worker that knows nothing of the agent. host.py MODE; says "ready" and waits to be killed."""
import gc
import os
import random
import select
import socket
import subprocess
import sys
import threading


def listen():
    server = socket.socket(socket.AF_UNIX)
    server.bind("")
    server.listen()
    return server


class Node:
    def __init__(self):
        self.me = self
        self.load = bytes(400)


def leak_cycles():
    """Some 60 MB that only the collector can free."""
    for _ in range(100_000):
        Node()


def say(text):
    print(text, flush=True)


def sleep():
    select.epoll().poll()


mode = sys.argv[1]
server = listen()
if mode == "cycles-idle":
    gc.disable()
    leak_cycles()
    say("ready")
    sleep()
elif mode == "cycles-busy":
    gc.disable()
    leak_cycles()
    say("ready")
    n = 0
    while True:
        n = (n * 31 + 7) % 1_000_003
elif mode == "figures":
    large = bytearray(64 << 20)
    small = [i.to_bytes(40, "big") for i in range(400_000)]
    say("ready")
    sleep()
elif mode == "fragmented":
    random.seed(5)
    blocks = [bytes(random.randrange(600, 16_000)) for _ in range(12_000)]
    blocks = [block for block in blocks if random.random() < 0.1]
    say("ready")
    sleep()
elif mode == "half-empty-arenas":
    random.seed(5)
    blocks = [bytes(random.randrange(10, 400)) for _ in range(250_000)]
    blocks = [block for block in blocks if random.random() < 0.1]
    say("ready")
    sleep()
elif mode == "thresholds":
    sys.stdin.readline()
    say("thresholds " + " ".join(map(str, gc.get_threshold())))
    sleep()
elif mode == "own-thresholds":
    gc.set_threshold(5000, 20, 20)
    sys.stdin.readline()
    say("thresholds " + " ".join(map(str, gc.get_threshold())))
    sleep()
elif mode == "fork":
    child = os.fork()
    if child == 0:
        held = bytearray(32 << 20)
        sleep()
    say(f"child {child}")
    say("ready")
    sleep()
elif mode == "threads":
    for _ in range(1000):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    say("ready")
    sleep()
elif mode == "helper":
    # A helper that listens, too: the page stays the server's.
    subprocess.run([sys.executable, "-c", "import socket; s = socket.socket(socket.AF_UNIX); s.bind(''); s.listen()"],
                   check=True)
    say("ready")
    sleep()
elif mode == "exit":
    junk = [Node() for _ in range(20_000)]
    say("ready")
    sys.stdin.readline()
