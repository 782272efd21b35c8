"""What the clients of a storm know: what they sent, what was acknowledged, and what they received."""

import dataclasses


@dataclasses.dataclass
class Said:
    """A message that a client sent. The token is its text."""

    room: str
    to: str | None
    answer: str = "none"  # or "acknowledged", or "refused"
    id: int | None = None


@dataclasses.dataclass
class Grant:
    """A name that a server has given to a client, in answer to a login."""

    name: str
    server: str
    asked: float
    answered: float


class Record:
    """Everything that the clients know, and each contradiction in it."""

    def __init__(self):
        self.said, self.grants, self.wrong, self.sections = {}, [], [], []
        self.by_id, self.tokens, self.notices, self.refused = {}, 0, {}, {}

    def finds(self, what):
        """Notes a broken promise."""
        if what not in self.wrong:
            self.wrong.append(what)
            if len(self.wrong) <= 30:
                print(f"WRONG: {what}", flush=True)

    def token(self, speaker, room, to):
        self.tokens += 1
        token = f"t{self.tokens} of {speaker}"
        self.said[token] = Said(room, to)
        return token

    def heard(self, link, message):
        """Notes a message that has arrived on a connection, or the copy of its sender."""
        number, text = message["id"], message["message"]
        room, to = message.get("room", "lobby"), message.get("to")
        identity = (message["username"], text, room, to)
        if self.by_id.setdefault(number, identity) != identity:
            self.finds(f"id {number} is {identity}, and {self.by_id[number]}")
        if message.get("offline"):
            return
        if number <= link.last:
            self.finds(f"{link.name} at {link.server.name} received id {number} after {link.last}")
        link.last = number
        if to is None and room == "lobby":
            link.lobby.append(number)
        elif to is None and room not in link.rooms:
            self.finds(f"{link.name} received id {number} of {room}, where it is not a member")
        elif to is not None and link.name.lower() not in (to.lower(), message["username"].lower()):
            self.finds(f"{link.name} received id {number}, a whisper to {to}")

    def answered(self, token, answer):
        """Notes the answer to a message."""
        said = self.said[token]
        if "error" in answer:
            said.answer = "refused"
            self.refused[answer["code"]] = self.refused.get(answer["code"], 0) + 1
        else:
            said.answer, said.id = "acknowledged", answer["id"]
            if answer["message"] != token:
                self.finds(f"the answer to {token!r} is {answer['message']!r}")

    def section(self):
        """Returns a new list for the ids that a client receives in the lobby from one login to its end."""
        self.sections.append([])
        return self.sections[-1]
