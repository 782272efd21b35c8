"""The freedoms that the project texts of the KTN courses leave to a server.

Each habit is one way to use a freedom. The habits of one group exclude each other. `free.py` turns
them on.
"""

import json
import re
import time
from datetime import datetime
from functools import lru_cache

ALL = ("ktn2014", "ktn2015", "ktn2017")
OLD = ("ktn2014",)
NEW = ("ktn2015", "ktn2017")


class Habit:
    # Without `dataclasses`, whose import takes a third of the start of a server.
    def __init__(self, name, courses, about, group="", value=None, allowed=None):
        self.name = name
        self.courses = courses
        self.about = about
        self.group = group  # a habit without a group excludes no other habit
        self.value = value
        self.allowed = allowed  # the courses whose text allows it; without it, all of `courses`

    def is_allowed(self, course):
        return course in (self.courses if self.allowed is None else self.allowed)


@lru_cache(maxsize=None)
def escape(string):
    units = json.loads(string).encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2])
    return '"' + "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs) + '"'


def escape_all(text):
    """Writes each character of each JSON string as an escape sequence."""
    return re.sub(r'"[^"\\]*(\\.[^"\\]*)*"', lambda string: escape(string[0]), text)


def clock():
    return time.strftime("%H:%M:%S")


def python_list(names):
    return str(list(names))


HABITS = [
    # The JSON text.
    Habit("pretty-json", ALL, "indents JSON over several lines", "json", {"indent": 2}),
    Habit("compact-json", ALL, "writes JSON without spaces", "json", {"separators": (",", ":")}),
    Habit("raw-utf8", ALL, "writes letters outside ASCII as UTF-8", "letters", "raw"),
    Habit("escape-all", ALL, "writes all characters of strings as \\uXXXX", "letters", "escaped"),
    Habit("newline-after", ALL, "ends each JSON value with a newline", "space", ("", "\n")),
    Habit("newline-before", ALL, "begins each JSON value with CR LF", "space", ("\r\n", "")),
    Habit(
        "space-around", ALL, "puts spaces and tabs around JSON values", "space", (" \t", "  \n ")
    ),
    Habit("keys-reversed", ALL, "reverses the order of the keys", "keys", lambda keys: keys[::-1]),
    Habit("keys-sorted", ALL, "sorts the keys", "keys", sorted),
    Habit("extra-keys", ALL, "adds keys that the course does not name"),
    Habit("error-keys", OLD, "adds the keys code and timestamp to errors"),
    # Time.
    Habit("coalesces", ALL, "joins the answers of 20 ms to a client in one write"),
    Habit("late-history", ALL, "sends the history 0.3 s after the request"),
    Habit("late-echo", ALL, "sends a message to its sender 0.2 s after the others"),
    Habit("late-answers", ALL, "sends errors and info 0.1 s late"),
    # Arrivals and departures.
    Habit("news-of-arrivals", ALL, "tells the others that NAME has entered the building"),
    Habit("news-of-departures", ALL, "tells the others that NAME has left the building"),
    Habit(
        "own-news-after", ALL, "also tells a user of their arrival, after the login", "own", "after"
    ),
    Habit(
        "own-news-before", NEW, "tells a user of their arrival, before the login", "own", "before"
    ),
    Habit("news-in-backlog", OLD, "tells of arrivals, and keeps this among the earlier messages"),
    Habit("greeting", ALL, "greets a client that has not sent anything", allowed=()),
    # Login.
    Habit("info-after-history", NEW, "sends history, then info", "login", ["history", "info"]),
    Habit("info-twice", NEW, "sends info, history, info", "login", ["info", "history", "info"]),
    Habit("history-only", NEW, "sends no info if there is a history", "login", ["history"]),
    Habit("history-objects", NEW, "sends the history as a list of objects", "history", "objects"),
    Habit(
        "history-strings", NEW, "sends the history as a list of JSON strings", "history", "strings"
    ),
    Habit(
        "history-replayed",
        NEW,
        "sends the earlier messages one by one, not as a history",
        "history",
        "replayed",
    ),
    Habit(
        "history-in-parts",
        NEW,
        "sends a history for each two earlier messages",
        "history",
        "parts",
    ),
    Habit("empty-history", NEW, "sends a history even if it is empty", "empty", True),
    Habit(
        "no-empty-history",
        NEW,
        "sends no history if it is empty",
        "empty",
        False,
        allowed=("ktn2015",),
    ),
    Habit("backlog-json", OLD, "sends the earlier messages as JSON strings", "backlog", "json"),
    Habit("backlog-objects", OLD, "sends the earlier messages as objects", "backlog", "objects"),
    Habit("ignores-case", ALL, "refuses a name that is taken in another case"),
    Habit("long-names-refused", ALL, "refuses names of more than 32 characters"),
    Habit("server-reserved", ALL, "refuses the name server"),
    Habit("all-alphabets", OLD, "accepts letters of all alphabets in names"),
    Habit("empty-names", OLD, "accepts an empty name, but no login without a name"),
    Habit("login-renames", ALL, "gives a client that is logged in the name of a second login"),
    # Messages.
    Habit(
        "bracket-pattern",
        OLD,
        "shows a message as [12:00:01] <alice> text",
        "pattern",
        lambda name, text: f"[{clock()}] <{name}> {text}",
    ),
    Habit(
        "colon-pattern",
        OLD,
        "shows a message as alice: text",
        "pattern",
        lambda name, text: f"{name}: {text}",
    ),
    Habit(
        "name-last-pattern",
        OLD,
        "shows a message as text (alice, 12:00:01)",
        "pattern",
        lambda name, text: f"{text} ({name}, {clock()})",
    ),
    Habit("bare-pattern", OLD, "shows a message as text", "pattern", lambda _, text: text),
    Habit("empty-refused", ALL, "refuses an empty message"),
    Habit("message-confirmed", NEW, "also sends info to the sender of a message"),
    Habit("all-connected-hear", NEW, "sends messages to clients before their login", allowed=()),
    # Answers.
    Habit("sender-upper", NEW, "is called SERVER", "sender", "SERVER"),
    Habit("sender-title", NEW, "is called Server", "sender", "Server"),
    Habit("sender-brackets", NEW, "is called [Server]", "sender", "[Server]"),
    Habit("sender-address", NEW, "is called 127.0.0.1:9998", "sender", "127.0.0.1:9998"),
    Habit("time-clock", NEW, "sends timestamps as 12:00:01", "time", clock),
    Habit("time-us", NEW, "sends timestamps as 03/01/17", "time", lambda: time.strftime("%x")),
    Habit("time-words", NEW, "sends timestamps as Wed Mar  1 12:00:00 2017", "time", time.ctime),
    Habit(
        "time-python", NEW, "sends timestamps as str(datetime)", "time", lambda: str(datetime.now())
    ),
    Habit(
        "time-unix",
        NEW,
        "sends timestamps as the string of a float",
        "time",
        lambda: str(time.time()),
    ),
    Habit("time-float", NEW, "sends timestamps as a number", "time", time.time),
    Habit(
        "names-sentence",
        NEW,
        "lists names as Online now: a, b",
        "names",
        lambda names: "Online now: " + ", ".join(names),
    ),
    Habit("names-lines", NEW, "lists a name a line", "names", "\n".join),
    Habit(
        "names-header",
        NEW,
        "lists names under a heading",
        "names",
        lambda names: "\n ".join(["Users:", *names]),
    ),
    Habit(
        "names-bullets",
        NEW,
        "lists names with bullets",
        "names",
        lambda names: "".join(f"* {name}\n" for name in names),
    ),
    Habit("names-spaces", NEW, "lists names with spaces between them", "names", " ".join),
    Habit("names-python", NEW, "lists names as ['a', 'b']", "names", python_list),
    Habit(
        "names-counted",
        NEW,
        "lists names as 2 users: a, b",
        "names",
        lambda names: f"{len(names)} users: {', '.join(names)}",
    ),
    Habit(
        "names-reversed",
        NEW,
        "lists the newest user first",
        "names",
        lambda names: ", ".join(names[::-1]),
    ),
    Habit("names-json-list", NEW, "lists names as a JSON list", "names", list, allowed=()),
    Habit(
        "words-norwegian",
        NEW,
        "has Norwegian errors",
        "words",
        lambda _: "Det gikk ikke, prøv igjen.",
    ),
    Habit(
        "words-polite",
        NEW,
        "adds words to errors",
        "words",
        lambda text: f"We are sorry, dear user: {text}",
    ),
    Habit("words-code", NEW, "has errors of one number", "words", lambda _: "42"),
    Habit("words-shouted", NEW, "has errors in upper case", "words", str.upper),
    Habit("info-short", NEW, "answers login and logout with OK", "info", lambda _: "OK"),
    Habit(
        "info-long",
        NEW,
        "answers login and logout with several lines",
        "info",
        lambda text: f"{text}\nType help for help.\n",
    ),
    Habit(
        "help-lines",
        NEW,
        "sends a help text of many lines",
        "help",
        "Requests:\n login NAME\n logout\n msg TEXT\n names\n help\n",
    ),
    Habit(
        "help-one-word", NEW, "sends a help text of one word", "help", "login/logout/msg/names/help"
    ),
    Habit("help-after-error", NEW, "sends the help text as info after each error"),
    Habit("unknown-ignored", ALL, "does not answer unknown requests"),
    Habit("incomplete-ignored", ALL, "does not answer requests without their argument"),
    Habit("no-json-ignored", ALL, "does not answer input that is not a JSON object"),
    Habit("mistakes-as-error", OLD, "answers unknown requests with the response error"),
    # Logout.
    Habit("logout-silent", NEW, "closes the connection after a logout without an answer", "logout"),
    Habit("logout-stays", NEW, "keeps the connection open after a logout", "logout"),
    Habit(
        "logout-silent-stays", NEW, "neither answers a logout nor closes", "logout", allowed=()
    ),
    Habit("logout-closes", OLD, "answers a logout and closes the connection"),
    Habit(
        "logout-name-null",
        OLD,
        "has the username null in a failed logout",
        "stranger",
        {"username": None},
    ),
    Habit("logout-name-absent", OLD, "has no username in a failed logout", "stranger", {}),
]
