#!/usr/bin/env python3
"""A storm: several servers of one chat, hundreds of clients, and faults, and a check of all promises afterwards.

The clients talk, whisper, change names, enter and leave rooms. Meanwhile servers are killed and stopped,
Redis is killed and started again, and proxies between the servers and Redis cut, delay and split. At the end
the storm compares what the clients know with the log in Redis and with the view of each server. Needs
redis-server.

    cargo build --release
    python3 tests/storm                              # ten minutes, 3 servers, 300 clients
    python3 tests/storm --short --bin target/debug   # each fault once, 30 clients: some 40 s

The exit code is 0 if all promises were kept, 1 if one was broken, and 2 if the storm could not take place.
"""

import argparse
import asyncio
import contextlib
import pathlib
import random
import shutil
import sys
import tempfile
import time

import checker
from faults import Faults
from journal import Journal
from people import PASSWORD, Link, Lost, Person
from record import Record
from world import Redis, Server, Stuck

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Faults that end the sessions of a server. Two of them at a time would leave no witness.
HEAVY = ["kill a server", "kill a server and its view", "stop a server", "cut"]


class Storm:
    """The state that all parts of a storm share."""

    def __init__(self, options, folder):
        self.seed, self.lease, self.is_over = options.seed, options.lease, False
        self.record, self.redis = Record(), Redis(folder)
        program = (ROOT / options.bin).resolve() / "server"
        numbers = range(1, options.servers + 1)
        self.servers = [Server(program, n, folder, self.redis, options.lease, options.mistake) for n in numbers]
        self.journal = Journal(self.redis, self.record)
        self.names = [f"name{number}" for number in range(options.clients * 5 // 4)]
        self.accounts = []
        # One message in the lobby goes to all clients, so many clients say few of them.
        self.pause, self.lobby_share = (0.5, 0.2) if options.short else (3, 0.05)
        self.goes_on, self.tasks = asyncio.Event(), []
        self.goes_on.set()

    def chance_of(self, what):
        return random.Random(f"{self.seed} {what}")

    async def register(self, count):
        link = Link(self.servers[0], self.record, "registrar")
        await link.open()
        for number in range(count):
            name = f"account{number}"
            answer = await link.ask("register", username=name, password=PASSWORD)
            if "error" in answer:
                self.record.finds(f"{name} cannot be registered: {answer}")
            self.accounts.append(name)
        await link.close()

    async def weather(self, faults, kinds, until):
        """Lets one fault after another happen, each kind once before any happens twice."""
        chance = self.chance_of(kinds)
        waiting = chance.sample(kinds, len(kinds))
        while waiting or time.monotonic() < until:
            waiting = waiting or chance.sample(kinds, len(kinds))
            kind, begun = waiting.pop(), time.monotonic()
            print(f"{time.strftime('%H:%M:%S')} {kind}", flush=True)
            with contextlib.suppress(Lost):
                await faults.all[kind]()
            print(f"  {kind}: {time.monotonic() - begun:.1f} s", flush=True)
            for server in self.servers:
                if server.has_died():
                    self.record.finds(f"{server.name} has ended by itself:\n{server.tail()}")
                    await server.start()
            if self.record.wrong:
                return
            await asyncio.sleep(chance.uniform(0.1, 1))


async def run(options, folder):
    storm = Storm(options, folder)
    faults, begun = Faults(storm), time.monotonic()
    try:
        await storm.redis.start()
        await asyncio.gather(*[server.start() for server in storm.servers])
        journal = asyncio.create_task(storm.journal.follow())
        await storm.register(3 if options.short else 10)
        people = [asyncio.create_task(Person(number, storm).live()) for number in range(options.clients)]
        if options.only:
            tracks = [options.only]
        elif options.short:
            tracks = [list(faults.all)]
        else:
            tracks = [HEAVY, [kind for kind in faults.all if kind not in HEAVY]]
        until = time.monotonic() + options.seconds
        await asyncio.gather(*[storm.weather(faults, kinds, until) for kinds in tracks])
        storm.is_over = True
        await asyncio.gather(*people)
        await checker.check(storm)
        journal.cancel()
    except (Stuck, Lost) as error:
        print(f"storm: {str(error) or 'a server ended a connection too early'}")
        return 1 if storm.record.wrong else 2
    finally:
        for process in [*storm.servers, storm.redis]:
            if process.process:
                await process.kill()
    print(f"{time.monotonic() - begun:.0f} s: {checker.summary(storm)}")
    return 1 if storm.record.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="each fault once, 30 clients")
    parser.add_argument("--bin", default="target/release", help="the folder of the server")
    parser.add_argument("--servers", type=int, default=3, help="the number of servers [3]")
    parser.add_argument("--clients", type=int, help="the number of clients [300]")
    parser.add_argument("--seconds", type=float, help="the least time in which faults begin [600]")
    parser.add_argument("--lease", type=int, help="the lease of a server in milliseconds [5000]")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="repeats the faults of a run")
    parser.add_argument("--only", action="append", metavar="FAULT", help="only this fault; repeat it for several")
    parser.add_argument("--mistake", help="a mistake that a server with planted mistakes makes")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for the files of the storm, which stay")
    options = parser.parse_args()
    options.clients = options.clients or (30 if options.short else 300)
    options.seconds = options.seconds or (1 if options.short else 600)
    options.lease = options.lease or (2000 if options.short else 5000)
    if not shutil.which("redis-server"):
        print("storm: this machine has no redis-server")
        return 2
    if not (ROOT / options.bin / "server").is_file():
        print(f"storm: there is no server in {options.bin}; build one, or name its folder with --bin")
        return 2
    print(f"storm: {options.servers} servers, {options.clients} clients, --seed {options.seed}", flush=True)
    with contextlib.ExitStack() as ends:
        if options.keep:
            options.keep.mkdir(parents=True)
            folder = options.keep.resolve()
        else:
            folder = pathlib.Path(ends.enter_context(tempfile.TemporaryDirectory()))
        return asyncio.run(run(options, folder))


if __name__ == "__main__":
    sys.exit(main())
