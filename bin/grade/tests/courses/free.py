"""A right server of a KTN course with habits of other students: see `habits.py`.

    python3 free.py [PORT] --course ktn2017 --habit late-history --habit names-lines
    python3 free.py [PORT] --course ktn2017 --all --seed 3
    python3 free.py --list

`--all` turns on every habit that the text of the course allows, and one habit of each group;
`--seed` chooses another one. `--list` prints the habits: name, courses that can have it, courses
that allow it, group, and what it does.
"""

import argparse
import importlib
import json
import socket
import time
from contextlib import suppress

from habits import ALL, HABITS, escape_all


class Pause:
    """An entry in the queue of a client: the writer waits until the time of the pause."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds


class Free:
    """The habits of all courses. It is mixed into the handler of a plain server."""

    everyone = []  # all clients that are connected

    def has(self, name):
        return name in self.habits

    def choice(self, group, default):
        """Returns the value of the habit that is on in this group."""
        return next(
            (habit.value for habit in self.habits.values() if habit.group == group), default
        )

    def setup(self):
        super().setup()
        with self.module.lock:
            self.everyone.append(self)
            if self.has("greeting"):
                self.tell("Welcome to the chat. Please log in.")

    def finish(self):
        with self.module.lock:
            self.everyone.remove(self)
            if self in self.module.users:
                self.leave()
        super().finish()

    def write(self):
        with suppress(OSError):
            while (payload := self.responses.get()) is not None:
                if isinstance(payload, Pause):
                    time.sleep(max(0, payload.end - time.monotonic()))
                else:
                    sent = self.encode(payload)
                    time.sleep(self.module.GAP if self.has("coalesces") else 0)
                    while self.has("coalesces") and self.has_waiting():
                        sent += self.encode(self.responses.get())
                    self.request.sendall(sent)
                    time.sleep(self.module.GAP)

    def has_waiting(self):
        return not self.responses.empty() and isinstance(self.responses.queue[0], dict)

    def encode(self, payload):
        if self.has("extra-keys"):
            payload = {"version": 1, **payload, "tags": ["a", {"b": None}]}
        keys = self.choice("keys", list)(list(payload))
        letters = self.choice("letters", "")
        text = json.dumps(
            {key: payload[key] for key in keys},
            ensure_ascii=letters != "raw",
            **self.choice("json", {}),
        )
        if letters == "escaped":
            text = escape_all(text)
        before, after = self.choice("space", ("", ""))
        # Half a surrogate pair has no UTF-8. It becomes an escape sequence of JSON.
        return f"{before}{text}{after}".encode(errors="backslashreplace")

    def pause(self, habit, seconds):
        if self.has(habit):
            self.put(Pause(seconds))

    def serve(self, request):
        if not self.is_ignored(request):
            super().serve(request)

    def is_ignored(self, request):
        """Whether the server does not answer a request, because of its mistake."""
        name = request.get("request") if isinstance(request, dict) else None
        if not isinstance(name, str):
            return self.has("no-json-ignored")
        arguments = {"login": "username", "message": "message", "logout": None}
        if self.course != "ktn2014":
            arguments = {"login": "content", "msg": "content"}
            arguments |= dict.fromkeys(("logout", "names", "help"))
        if name not in arguments:
            return self.has("unknown-ignored")
        argument = arguments[name]
        is_whole = argument is None or isinstance(request.get(argument), str)
        return not is_whole and self.has("incomplete-ignored")

    def is_valid(self, username):
        if self.has("all-alphabets") and username.replace("_", "").isalnum():
            return True
        if self.has("long-names-refused") and len(username) > 32:
            return False
        if self.has("empty-names") and not username:
            return True
        return super().is_valid(username)

    def is_taken(self, username):
        if self.has("server-reserved") and username.lower() == "server":
            return True
        if not self.has("ignores-case"):
            return super().is_taken(username)
        return username.lower() in (name.lower() for name in self.module.users.values())

    def make_room(self, username):
        """Logs the client out at a second login that can succeed."""
        renames = self.has("login-renames") and self in self.module.users
        if renames and self.is_valid(username) and not self.is_taken(username):
            self.leave()

    def leave(self):
        username = self.module.users.pop(self)
        if self.has("news-of-departures"):
            self.announce(f"{username} has left the building")

    def announce(self, news):
        """Tells every user but this one."""
        for client in self.module.users:
            if client is not self:
                client.tell(news)

    def broadcast(self, message):
        self.pause("late-echo", 0.2)
        super().broadcast(message)


class Free2014(Free):
    """The habits of 2014."""

    def respond(self, response, **arguments):
        if "error" in arguments:
            self.pause("late-answers", 0.1)
            if self.has("error-keys"):
                arguments |= {"code": 400, "timestamp": time.ctime()}
            if self.has("mistakes-as-error") and response not in ("login", "logout", "message"):
                response = "error"
        super().respond(response, **arguments)

    def tell(self, news):
        self.put({"response": "message", "message": f"* {news}"})

    def announce(self, news):
        if self.has("news-in-backlog"):
            self.module.history.append(f"* {news}")
        super().announce(news)

    def login(self, request):
        if isinstance(request.get("username"), str):
            self.make_room(request["username"])
            super().login(request)
        else:
            self.respond("login", error="Invalid username!")

    def welcome(self, username):
        news = f"{username} has entered the building"
        self.pause("late-history", 0.3)
        messages = [self.earlier(message) for message in self.module.history]
        self.respond("login", username=username, messages=messages)
        if self.choice("own", None):
            self.tell(news)
        if self.has("news-of-arrivals") or self.has("news-in-backlog"):
            self.announce(news)

    def earlier(self, message):
        form = self.choice("backlog", "text")
        entry = {"response": "message", "message": message}
        return {"text": message, "json": json.dumps(entry), "objects": entry}[form]

    def logout(self, request):
        if self in self.module.users:
            self.respond("logout", username=self.module.users[self])
            self.leave()
            if self.has("logout-closes"):
                self.request.shutdown(socket.SHUT_RD)  # the next read returns the end
        else:
            stranger = self.choice("stranger", {"username": ""})
            self.respond("logout", error="Not logged in!", **stranger)

    def message(self, request):
        if self.has("empty-refused") and not request["message"].strip():
            self.respond("message", error="The message is empty!")
        else:
            super().message(request)

    def format(self, username, text):
        return self.choice("pattern", super().format)(username, text)


class Free2015(Free):
    """The habits of 2015 and 2017."""

    def payload(self, sender, response, content):
        payload = super().payload(sender, response, content)
        return {**payload, "timestamp": self.choice("time", lambda: payload["timestamp"])()}

    def respond(self, sender, response, content):
        super().respond(self.choice("sender", sender), response, content)

    def info(self, text):
        self.pause("late-answers", 0.1)
        super().info(text)

    def tell(self, news):
        super().info(news)

    def error(self, text):
        self.pause("late-answers", 0.1)
        super().error(self.choice("words", str)(text))
        if self.has("help-after-error"):
            self.help(None)

    def login(self, username):
        self.make_room(username)
        super().login(username)

    def welcome(self, username):
        news = f"{username} has entered the building"
        own = self.choice("own", None)
        if own == "before":
            self.tell(news)
        answered = False
        parts = ["info", "history"]
        if self.choice("history", "") != "replayed":  # messages alone do not answer a login
            parts = self.choice("login", parts)
        for part in parts:
            if part == "info":
                self.info(self.choice("info", str)(f"You are now logged in as {username}."))
                answered = True
            else:
                answered |= self.send_history()
        if not answered:
            self.info("There are no messages yet.")
        if own == "after":
            self.tell(news)
        if self.has("news-of-arrivals"):
            self.announce(news)

    def send_history(self):
        """Sends the earlier messages. Returns whether there was something to send."""
        earlier = [
            json.loads(message) if isinstance(message, str) else message
            for message in self.module.history
        ]
        if not earlier and not self.choice("empty", self.course == "ktn2017"):
            return False
        self.pause("late-history", 0.3)
        form = self.choice("history", "objects")
        if form == "replayed" and earlier:
            for message in earlier:
                self.put(message)
            return True
        if form == "parts":
            for start in range(0, max(1, len(earlier)), 2):
                self.respond("server", "history", earlier[start : start + 2])
            return True
        content = earlier if form == "objects" else [json.dumps(message) for message in earlier]
        self.respond("server", "history", content)
        return True

    def logout(self, _):
        self.leave()
        if not (self.has("logout-silent") or self.has("logout-silent-stays")):
            self.info(self.choice("info", str)("You are logged out."))
        self.connected = self.has("logout-stays") or self.has("logout-silent-stays")

    def msg(self, text):
        if self.has("empty-refused") and not text.strip():
            self.error("The message is empty.")
            return
        super().msg(text)
        if self.has("message-confirmed"):
            self.info("The message was sent.")

    def broadcast(self, message):
        super().broadcast(message)
        if self.has("all-connected-hear"):
            for client in self.everyone:
                if client not in self.module.users:
                    client.put(message)

    def names(self, _):
        usernames = list(self.module.users.values())
        content = self.choice("names", ", ".join)(usernames)
        self.pause("late-answers", 0.1)
        self.respond("server", "info", content)

    def help(self, _):
        self.info(self.choice("help", "The requests are login, logout, msg, names and help."))


def chosen(arguments, parser):
    """The habits that the arguments turn on, by their names."""
    known = {habit.name: habit for habit in HABITS if arguments.course in habit.courses}
    for name in arguments.habit:
        if name not in known:
            parser.error(f"{arguments.course} has no habit {name}")
    on = [known[name] for name in arguments.habit]
    groups = {}
    for habit in known.values():
        if habit.is_allowed(arguments.course):
            groups.setdefault(habit.group or habit.name, []).append(habit)
    if arguments.all:
        taken = {habit.group or habit.name for habit in on}
        on += [
            group[arguments.seed % len(group)]
            for name, group in groups.items()
            if name not in taken
        ]
    named = [habit.group for habit in on if habit.group]
    for group in named:
        if named.count(group) > 1:
            parser.error(f"two habits of the group {group} exclude each other")
    return {habit.name: habit for habit in on}


def main():
    parser = argparse.ArgumentParser(description="A right server with the given habits.")
    parser.add_argument("port", nargs="?", type=int, default=9998)
    parser.add_argument("--course", choices=ALL, default="ktn2017")
    parser.add_argument("--habit", action="append", default=[], metavar="NAME")
    parser.add_argument("--all", action="store_true", help="turn on all habits that are allowed")
    parser.add_argument("--seed", type=int, default=0, help="choose other habits of the groups")
    parser.add_argument("--list", action="store_true", help="print all habits")
    arguments = parser.parse_args()
    if arguments.list:
        for habit in HABITS:
            allowed = filter(habit.is_allowed, habit.courses)
            courses = [",".join(courses) or "-" for courses in (habit.courses, allowed)]
            print(habit.name, *courses, habit.group or "-", habit.about, sep="\t")
        return
    module = importlib.import_module(arguments.course)
    mixin = Free2014 if arguments.course == "ktn2014" else Free2015
    own = {"module": module, "course": arguments.course, "habits": chosen(arguments, parser)}
    module.run(type("FreeHandler", (mixin, module.ClientHandler), own), arguments.port)


if __name__ == "__main__":
    main()
