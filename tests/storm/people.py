"""The clients of a storm."""

import asyncio
import contextlib
import json
import time

from record import Grant

ROOMS = [f"room{number}" for number in range(8)]
PASSWORD = "correct horse"
# The longest wait for an answer. A server that is stopped or cut off answers late.
PATIENCE = 60


class Lost(Exception):
    """The connection has ended."""


class Link:
    """A connection of a client. A task reads it and notes all that arrives."""

    def __init__(self, server, record, name, events=None):
        self.server, self.record, self.name, self.events = server, record, name, events
        self.last, self.lobby, self.rooms, self.tag, self.waiting = 0, [], set(), 0, {}
        self.is_lost = False

    async def open(self):
        try:
            connected = asyncio.open_connection("127.0.0.1", self.server.port, limit=1 << 22)
            self.reader, self.writer = await asyncio.wait_for(connected, 5)
        except (OSError, asyncio.TimeoutError) as error:
            raise Lost from error
        self.task = asyncio.create_task(self.read())
        return self

    async def read(self):
        with contextlib.suppress(OSError):
            while (line := await self.reader.readline()).endswith(b"\n"):
                if b'"tag":' in line:
                    self.takes_answer(json.loads(line))
                elif line.startswith(b'{"response":"message"'):
                    self.record.heard(self, json.loads(line))
                elif b'"notice"' in line:
                    text = json.loads(line)["message"]
                    self.record.notices[text] = self.record.notices.get(text, 0) + 1
                elif self.events is not None:
                    self.events.append(json.loads(line))
        self.is_lost = True
        for answer in self.waiting.values():
            answer.cancelled() or answer.set_exception(Lost())
        self.writer.transport.abort()

    def takes_answer(self, answer):
        if "error" not in answer:
            match answer["response"]:
                case "message":
                    self.record.heard(self, answer)
                # The name and the rooms count from this line on, so they change here.
                case "login":
                    self.name, self.rooms = answer["username"], set()
                    self.lobby = self.record.section()
                    ids = [message["id"] for message in answer["messages"]]
                    self.last = max([self.last, *ids])
                case "join":
                    self.rooms.add(answer["room"])
                case "leave":
                    self.rooms.discard(answer["room"])
        waiting = self.waiting.pop(answer["tag"])
        waiting.cancelled() or waiting.set_result(answer)

    async def ask(self, request, **arguments):
        if self.is_lost:
            raise Lost
        self.tag += 1
        answer = self.waiting[self.tag] = asyncio.get_running_loop().create_future()
        line = json.dumps({"request": request, **arguments, "tag": self.tag})
        self.writer.write(line.encode() + b"\n")
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except asyncio.TimeoutError:
            self.record.finds(f"{self.server.name} did not answer {line} for {PATIENCE} s")
            raise Lost from None

    async def login(self, name, **arguments):
        """Logs in. Returns whether the server has given the name."""
        asked, server = time.time(), self.server.name
        answer = await self.ask("login", username=name, **arguments)
        if "error" in answer:
            return False
        self.record.grants.append(Grant(name.lower(), server, asked, time.time()))
        return True

    async def say(self, room=None, to=None):
        """Says a text that nobody has said before."""
        token = self.record.token(self.name, room or "lobby", to)
        arguments = {key: value for key, value in [("room", room), ("to", to)] if value}
        answer = await self.ask("message", message=token, **arguments)
        self.record.answered(token, answer)
        return answer

    async def close(self):
        self.writer.close()
        await self.task


class Person:
    """A client that talks, whispers, changes names, enters and leaves rooms, and comes back."""

    def __init__(self, number, storm):
        self.storm, self.chance = storm, storm.chance_of(number)

    async def live(self):
        while not self.storm.is_over:
            server = self.chance.choice(self.storm.servers)
            link = Link(server, self.storm.record, "nobody")
            with contextlib.suppress(Lost):
                await link.open()
                try:
                    await self.chat(link)
                finally:
                    await link.close()
            await self.pause()

    async def pause(self):
        await asyncio.sleep(self.chance.uniform(0.3, 1.7) * self.storm.pause)
        await self.storm.goes_on.wait()

    async def chat(self, link):
        has_name = False
        while not self.storm.is_over:
            if not has_name:
                has_name = await self.login(link)
            elif not await self.act(link):
                return
            else:
                has_name = link.name != "nobody"
            await self.pause()

    async def login(self, link):
        accounts = self.storm.accounts
        if accounts and self.chance.random() < 0.1:
            return await link.login(self.chance.choice(accounts), password=PASSWORD)
        return await link.login(self.chance.choice(self.storm.names))

    async def act(self, link):
        """Does one thing. Returns whether to stay."""
        dice = self.chance.random()
        room = self.chance.choice(sorted(link.rooms)) if link.rooms else None
        if dice < self.storm.lobby_share:
            await link.say()
        elif dice < 0.5 and room:
            await link.say(room=room)
        elif dice < 0.65:
            await link.say(to=self.chance.choice(self.storm.names + self.storm.accounts))
        elif dice < 0.8:
            await link.ask("join", room=self.chance.choice(ROOMS))
        elif dice < 0.85 and room:
            await link.ask("leave", room=room)
        elif dice < 0.9:
            await link.ask("names")
        elif dice < 0.96:
            if "error" not in await link.ask("logout"):
                link.name = "nobody"
        elif dice < 0.98:
            return False
        return True
