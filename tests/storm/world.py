"""The processes of a storm: Redis, the servers, and a proxy between each server and Redis."""

import asyncio
import contextlib
import os
import re
import signal
import time

import resp

# The entries between two snapshots: few, so that a server without a view starts from one.
SNAPSHOTS = 500
PATIENCE = 60  # seconds for anything that has to happen, on a busy machine


class Stuck(Exception):
    """The storm cannot go on."""


class Redis:
    """A redis-server on a Unix socket. It syncs its append-only file after every write."""

    def __init__(self, folder):
        self.folder, self.socket, self.process = folder / "redis", folder / "redis.sock", None
        self.folder.mkdir()

    async def start(self):
        line = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.folder]
        line += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(*line, stdout=quiet, stderr=quiet)
        client, until = resp.Client(self.socket), time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(resp.Gone):
                client.ask("PING")
                client.close()
                return
            if time.monotonic() > until:
                raise Stuck("redis-server does not answer")
            await asyncio.sleep(0.02)

    async def kill(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


class Proxy:
    """A network between one server and Redis. `fault` says what it does to their bytes."""

    def __init__(self, redis):
        self.redis, self.fault, self.links, self.tasks = redis, "none", set(), set()

    async def start(self):
        self.listener = await asyncio.start_server(self.carry, "127.0.0.1", 0)
        self.port = self.listener.sockets[0].getsockname()[1]

    def has(self, fault):
        self.fault = fault
        if fault == "cut":
            for link in self.links:
                link.transport.abort()

    async def carry(self, reader, writer):
        try:
            if self.fault == "cut":
                raise ConnectionError
            inner_reader, inner = await asyncio.open_unix_connection(self.redis.socket)
        except OSError:
            return writer.transport.abort()
        self.links |= {writer, inner}
        both = self.pump(reader, inner, False), self.pump(inner_reader, writer, True)
        # The loop cancels what still runs at the end of the storm.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*both)
        self.links -= {writer, inner}

    async def pump(self, reader, writer, replies):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.fault == "no replies" and replies:
                    continue
                if self.fault == "delay":
                    await asyncio.sleep(0.3)
                step = 1 if self.fault == "split" and len(data) < 2000 else len(data)
                for start in range(0, len(data), step):
                    writer.write(data[start : start + step])
                    await writer.drain()
                    if step < len(data):
                        # Lets the loop write this byte before the next.
                        await asyncio.sleep(0)
        writer.close()


class Server:
    """A server of the chat. It keeps its name, its port and its view of the log over its lives."""

    def __init__(self, program, number, folder, redis, lease, mistake):
        self.program, self.name, self.folder = program, f"s{number}", folder
        self.proxy, self.lease, self.mistake = Proxy(redis), lease, mistake
        self.port, self.life = 0, 0
        self.process, self.expected_to_end = None, False
        self.view, self.log = folder / f"{self.name}.db", folder / f"{self.name}.log"

    async def start(self):
        if self.life == 0:
            await self.proxy.start()
        self.life += 1
        shared = f"redis://127.0.0.1:{self.proxy.port}/0?chat=storm&lease={self.lease}&snapshots={SNAPSHOTS}"
        line = [self.program, "--listen", f"json=127.0.0.1:{self.port}", "--data", self.view, "--flood", "off"]
        line += ["--shared", shared, "--server-name", self.name, "--log", "info"]
        environment = {**os.environ, "STRATA_MISTAKE": self.mistake or ""}
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with self.log.open("a") as log:
                log.write(f"--- life {self.life}\n")
                log.flush()
                self.process = await asyncio.create_subprocess_exec(
                    *line, stdout=asyncio.subprocess.PIPE, stderr=log, env=environment
                )
            ready = (await self.process.stdout.readline()).decode()
            if found := re.search(r"listening on \S+:(\d+) ", ready):
                self.port, self.expected_to_end = int(found[1]), False
                return
            # Redis may be out of reach at this moment.
            await self.process.wait()
            await asyncio.sleep(0.5)
        raise Stuck(f"{self.name} does not start:\n{self.tail()}")

    async def kill(self):
        self.expected_to_end = True
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.process.stdout.read()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def has_died(self):
        """Whether the process has ended by itself."""
        return self.process.returncode is not None and not self.expected_to_end

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
