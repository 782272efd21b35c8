"""The faults of a storm. Each one also checks what the people who were hit, and the others, are told."""

import asyncio
import contextlib
import time

from people import Link, Lost

# The longest time that a dead person may be in the list of names.
GHOST = 15


class Faults:
    """All faults. Each takes some seconds and leaves the world as it was."""

    def __init__(self, storm):
        self.storm, self.chance, self.record = storm, storm.chance_of("faults"), storm.record
        self.witnesses, self.busy = 0, []
        self.all = {
            "kill a server": self.kill_server,
            "kill a server and its view": self.kill_server_and_view,
            "stop a server": self.stop_server,
            "stop a server for a moment": self.stop_server_for_a_moment,
            "kill redis": self.kill_redis,
            "cut": self.cut,
            "lose replies": self.lose_replies,
            "delay in a lull": self.delay_in_a_lull,
            "split": self.split,
            "race for names": self.race_for_names,
        }

    @contextlib.contextmanager
    def victim(self):
        """Chooses a server for a fault, which no other fault has at this time, and another server."""
        server = self.chance.choice([server for server in self.storm.servers if server not in self.busy])
        self.busy.append(server)
        try:
            yield server, self.chance.choice([other for other in self.storm.servers if other is not server])
        finally:
            self.busy.remove(server)

    async def enter(self, server, name, events=None):
        """Connects a client and logs it in. Tries for a while, because other faults may be at work."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            link = Link(server, self.record, name, events)
            with contextlib.suppress(Lost):
                await link.open()
                if await link.login(name):
                    return link
                await link.close()
            await asyncio.sleep(0.2)
        self.record.finds(f"{name} cannot log in at {server.name} for 30 s")
        raise Lost

    async def witness(self, server, other):
        """Puts a client on the server, and another one on the other server that watches it."""
        self.witnesses += 1
        events = []
        watcher = await self.enter(other, f"watcher{self.witnesses}", events)
        victim = await self.enter(server, f"victim{self.witnesses}")
        await self.sees(watcher, victim)
        return victim, watcher

    async def sees(self, watcher, victim):
        """Waits until the server of the watcher has heard of the victim: its way to Redis may be slow."""
        until = time.monotonic() + GHOST
        with contextlib.suppress(Lost):
            while victim.name not in (await watcher.ask("names"))["names"] and not victim.is_lost:
                if time.monotonic() > until:
                    return self.record.finds(f"{victim.name} is not in the names at {watcher.server.name}")
                await asyncio.sleep(0.05)

    async def sees_no_ghost(self, watcher, name, since):
        """Checks that the name disappears from the list of names in time, and that its end is told once."""
        while True:
            with contextlib.suppress(Lost):
                names = (await watcher.ask("names"))["names"]
                if name not in names:
                    break
                if time.monotonic() > since + GHOST:
                    return self.record.finds(f"{name} is still in the names at {watcher.server.name}: {names}")
            if watcher.is_lost:
                # The server of the watcher was cut off, too. Another watcher looks.
                self.witnesses += 1
                watcher = await self.enter(watcher.server, f"watcher{self.witnesses}", [])
            await asyncio.sleep(0.1)
        with contextlib.suppress(Lost):
            await watcher.ask("version")
            told = [event for event in watcher.events if event.get("username") == name]
            kinds = [event["response"] for event in told]
            if kinds not in (["join", "leave"], ["leave"], []):
                self.record.finds(f"{watcher.server.name} told of {name}: {told}")
        await watcher.close()

    async def kill_server(self, without_view=False):
        with self.victim() as (server, other):
            _, watcher = await self.witness(server, other)
            name = f"victim{self.witnesses}"
            await server.kill()
            begun = time.monotonic()
            if without_view:
                for file in server.folder.glob(f"{server.view.name}*"):
                    file.unlink()
            # Half of the time the server is back before its lease has run out.
            await asyncio.sleep(self.chance.choice([0.1, 1.5]) * self.storm.lease / 1000)
            back = asyncio.create_task(server.start())
            try:
                await self.sees_no_ghost(watcher, name, begun)
            finally:
                await back

    async def kill_server_and_view(self):
        await self.kill_server(without_view=True)

    async def stop_server(self):
        with self.victim() as (server, other):
            victim, watcher = await self.witness(server, other)
            server.stop()
            begun = time.monotonic()
            try:
                await asyncio.sleep(1.7 * self.storm.lease / 1000)
                await self.sees_no_ghost(watcher, victim.name, begun)
            finally:
                server.go_on()
            # The victim is told, and its connection ends. Then it can have its name again.
            name = victim.name
            try:
                await asyncio.wait_for(victim.task, GHOST)
            except asyncio.TimeoutError:
                self.record.finds(f"{name} was declared gone and never told so")
            await (await self.enter(server, name)).close()

    async def stop_server_for_a_moment(self):
        with self.victim() as (server, _):
            server.stop()
            await asyncio.sleep(0.3 * self.storm.lease / 1000)
            server.go_on()

    async def kill_redis(self):
        await self.storm.redis.kill()
        await asyncio.sleep(self.chance.uniform(0, 2))
        await self.storm.redis.start()

    async def cut(self):
        with self.victim() as (server, _):
            server.proxy.has("cut")
            await asyncio.sleep(self.chance.choice([0.1, 0.5, 1.7]) * self.storm.lease / 1000)
            server.proxy.has("none")

    async def lose_replies(self):
        """Redis does what the server asks, and the connection ends before the server gets the reply."""
        with self.victim() as (server, _):
            for _ in range(3):
                with contextlib.suppress(Lost):
                    talker = await self.talker(server)
                    server.proxy.has("no replies")
                    said = asyncio.create_task(talker.say())
                    await asyncio.sleep(0.2)
                    server.proxy.has("cut")
                    server.proxy.has("none")
                    await said
                    await talker.close()
            server.proxy.has("none")

    async def delay_in_a_lull(self):
        """Nobody talks, and the way to Redis is long. So a server waits for entries and finds none."""
        with self.victim() as (server, other):
            with contextlib.suppress(Lost):
                talker = await self.talker(other)
                server.proxy.has("delay")
                self.storm.goes_on.clear()
                for _ in range(5):
                    await asyncio.sleep(self.chance.uniform(0.9, 1.6))
                    await talker.say()
                await talker.close()
            self.storm.goes_on.set()
            server.proxy.has("none")

    async def split(self):
        with self.victim() as (server, _):
            server.proxy.has("split")
            await asyncio.sleep(2)
            server.proxy.has("none")

    async def race_for_names(self):
        """Clients of two servers want the same names at the same time."""
        with self.victim() as (one, other):
            for _ in range(10):
                self.witnesses += 1
                links = [Link(server, self.record, "racer") for server in (one, other)]
                with contextlib.suppress(Lost):
                    await asyncio.gather(*[link.open() for link in links])
                    await asyncio.gather(*[link.login(f"racer{self.witnesses}") for link in links])
                    for link in links:
                        if not link.is_lost and link.name != "racer":
                            await link.say()
                for link in links:
                    if hasattr(link, "task"):
                        await link.close()

    async def talker(self, server):
        self.witnesses += 1
        return await self.enter(server, f"talker{self.witnesses}")
