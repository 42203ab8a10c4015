"""Throughput and processor time of an HTTP worker, in Python (standard library) or native: without the agent, with it,
and with it setting the collector's thresholds; or, with --compare sampling, with the agent that brings jemalloc, and with
that one recording for heap profiles. Three workers at a time, asked in turns, so that what else the machine does meets
all of them alike. Medians and quartiles over the rounds."""
import argparse
import http.client
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import time

WORKER = r'''
import json, os, random, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

random.seed(1)
held = [bytes(random.randrange(16, 8000)) for _ in range(int(sys.argv[2]) * 260)]
held = [block for block in held if random.random() < 0.5]

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    def do_GET(self):
        rows = [{"id": i, "name": f"row {i}", "tags": ["a", "b", str(i)]} for i in range(200)]
        body = json.dumps({"rows": rows, "count": len(json.loads(json.dumps(rows)))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
'''


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Worker:
    def __init__(self, name, program, library="", thresholds=(0, 0, 0), sampling=False):
        self.name = name
        self.port = free_port()
        self.page = os.memfd_create("page")
        os.ftruncate(self.page, 4096)
        # Head of src/agent/page_layout.hpp: magic, version, interval, thresholds.
        os.pwrite(self.page, struct.pack("<QIIIIII", 0x3145474150414648, 1, 100, *thresholds, 0), 0)
        environment = dict(os.environ)
        if library:
            environment["LD_PRELOAD"] = library
            environment["HOLDFAST_AGENT_PAGE"] = f"/proc/{os.getpid()}/fd/{self.page}"
        if sampling:
            environment["MALLOC_CONF"] = "prof:true"
        self.process = subprocess.Popen(program(self.port), env=environment)
        self.rates, self.costs = [], []
        self.connection = self.connect()
        self.started = time.monotonic()

    def connect(self):
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port)
                connection.connect()
                return connection
            except ConnectionRefusedError:
                time.sleep(0.05)

    def busy_seconds(self):
        threads = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in threads.iterdir()) / 1e9

    def agent_share(self):
        """Of one processor, by the agent's own thread since it began."""
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            if (task / "comm").read_text().strip() == "holdfast-agent":
                used = int((task / "schedstat").read_text().split()[0]) / 1e9
                return used / (time.monotonic() - self.started)
        return 0.0

    def ask(self):
        self.connection.request("GET", "/")
        self.connection.getresponse().read()

    def round(self, seconds):
        before, asked, started = self.busy_seconds(), 0, time.monotonic()
        while time.monotonic() - started < seconds:
            self.ask()
            asked += 1
        took = time.monotonic() - started
        self.rates.append(asked / took)
        self.costs.append((self.busy_seconds() - before) / asked * 1e6)

    def publications(self):
        return struct.unpack_from("<I", os.pread(self.page, 4096, 0), 256 + 8 + 20)[0]


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4)
    return middle, low, high


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--held", type=int, default=50, help="MB that each worker keeps, half of its heap freed")
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--worker", choices=["python", "native"], default="python")
    parser.add_argument("--compare", choices=["agent", "sampling"], default="agent")
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve(strict=True)

    def program(port):
        what = [options.python, "-c", WORKER] if options.worker == "python" else [str(build / "bin/agent_cost_worker")]
        return [*what, str(port), str(options.held)]

    library = str(build / "lib/libholdfast-agent.so")
    with_jemalloc = str(build / "lib/libholdfast-agent-jemalloc.so")
    if options.compare == "agent":
        workers = [Worker("without", program), Worker("agent", program, library),
                   Worker("agent, thresholds 500 8 8", program, library, thresholds=(500, 8, 8))]
    else:
        workers = [Worker("agent", program, library), Worker("agent with jemalloc", program, with_jemalloc),
                   Worker("the same, sampling", program, with_jemalloc, sampling=True)]
    for worker in workers:
        worker.round(1.0)
        worker.rates.clear()
        worker.costs.clear()
    time.sleep(1)
    for number in range(options.rounds):
        for step in range(len(workers)):
            workers[(number + step) % len(workers)].round(options.seconds)
    base_rate = statistics.median(workers[0].rates)
    base_cost = statistics.median(workers[0].costs)
    print(f"{'worker':28} {'requests/s':>24} {'':>8} {'processor us/request':>26} {'':>8}  publications, thread's share of a processor")
    for worker in workers:
        rate, rate_low, rate_high = quartiles(worker.rates)
        cost, cost_low, cost_high = quartiles(worker.costs)
        print(f"{worker.name:28} {rate:8.1f} ({rate_low:6.1f}-{rate_high:6.1f}) {100 * (rate / base_rate - 1):+7.2f}% "
              f"{cost:10.1f} ({cost_low:6.1f}-{cost_high:6.1f}) {100 * (cost / base_cost - 1):+7.2f}%  "
              f"{worker.publications():5}  {100 * worker.agent_share():.3f}%")
    for worker in workers:
        worker.process.kill()
    return 0


sys.exit(main())
