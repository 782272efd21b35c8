"""The shared log, read entry by entry while the storm goes on, and what follows from it."""

import asyncio
import contextlib
import dataclasses
import datetime

import resp

KEY = "strata:{storm}:log"


@dataclasses.dataclass
class Entry:
    """An entry of the log."""

    id: int
    kind: str
    epoch: int
    sequence: int
    at: float
    fields: dict


class Journal:
    """All entries of the log. It reads them before the servers trim the log."""

    def __init__(self, redis, record):
        self.redis, self.record, self.entries = redis, record, []
        self.client = resp.Client(redis.socket)

    async def follow(self):
        while True:
            with contextlib.suppress(resp.Gone):
                self.catch_up()
            await asyncio.sleep(0.1)

    def catch_up(self):
        """Reads all entries that are new."""
        while True:
            start = f"({self.entries[-1].id}-0" if self.entries else "-"
            found = self.client.ask("XRANGE", KEY, start, "+", "COUNT", 1000)
            self.entries += [self.parse(number, words) for number, words in found]
            if len(found) < 1000:
                return

    def parse(self, number, words):
        fields = dict(zip(words[::2], words[1::2]))
        sequence = int(fields.get("seq", 0))
        at = datetime.datetime.fromisoformat(fields["at"]).timestamp() if "at" in fields else 0
        return Entry(int(number.split("-")[0]), fields["kind"], int(fields["epoch"]), sequence, at, fields)


class Replay:
    """The chat as it follows from the log, by rules that are written down here once more."""

    def __init__(self, record):
        self.record, self.names = record, {}
        self.servers, self.gone, self.sequences, self.granted, self.said = {}, set(), {}, [], {}
        self.refused = 0

    def take(self, entry):
        wrong, kind, epoch, fields = self.record.finds, entry.kind, entry.epoch, entry.fields
        if kind == "joined":
            self.servers[epoch] = fields["name"]
            return
        if kind == "gone":
            if epoch in self.gone:
                wrong(f"entry {entry.id}: epoch {epoch} is declared gone twice")
            self.gone.add(epoch)
            self.names = {name: holder for name, holder in self.names.items() if holder[0] != epoch}
            return
        if epoch in self.gone:
            wrong(f"entry {entry.id} ({kind}) is of epoch {epoch}, which was declared gone before")
        if entry.sequence <= self.sequences.get(epoch, 0):
            wrong(f"entry {entry.id} ({kind}) of epoch {epoch} has the sequence {entry.sequence} again")
        self.sequences[epoch] = entry.sequence
        match kind:
            case "arrive":
                self.arrive(entry)
            case "depart":
                peer = (epoch, fields["peer"])
                self.names = {name: holder for name, holder in self.names.items() if holder != peer}
            case "say":
                name, text = fields["username"].lower(), fields["text"]
                holder = self.names.get(name)
                if holder is None or holder[0] != epoch:
                    wrong(f"entry {entry.id}: {name} of epoch {epoch} says {text!r}; {holder} has the name")
                self.say(text, entry)
            case "keep":
                self.say(fields["text"], entry)

    def say(self, text, entry):
        if earlier := self.said.get(text):
            self.record.finds(f"{text!r} is in the log twice: entries {earlier.id} and {entry.id}")
        self.said[text] = entry

    def arrive(self, entry):
        """Grants a name if it is free. Passwords and bans are the business of the peer's server."""
        name, peer = entry.fields["username"].lower(), (entry.epoch, entry.fields["peer"])
        is_free = name not in self.names and peer not in self.names.values()
        if is_free:
            self.names[name] = peer
            self.granted.append((name, self.servers[entry.epoch], entry.at))
        else:
            self.refused += 1
