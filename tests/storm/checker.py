"""The check after a storm: what the clients know, the log, and every server have to agree."""

import asyncio
import bisect
import collections
import contextlib
import hashlib
import json
import sqlite3
import time

import resp
from faults import GHOST
from journal import Replay
from people import PASSWORD, ROOMS, Link, Lost
from world import Stuck

TABLES = {
    "messages": "id, at, room, username, recipient, text, action, kept",
    "accounts": "username, password, admin",
    "bans": "who, by",
}


async def check(storm):
    """Checks all promises. The people have gone, and all faults are over."""
    observers = [await observer(storm, server) for server in storm.servers]
    await have_read_all(storm, observers)
    await no_ghosts(storm, observers)
    transcripts = [await transcript(link) for link in observers]
    for link in observers:
        await link.close()
    storm.hash = the_same(storm, "transcripts", transcripts)
    contents(storm, transcripts[0])
    await views(storm)
    await accounts_work(storm)
    journal(storm)


async def observer(storm, server):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        link = Link(server, storm.record, "nobody")
        with contextlib.suppress(Lost):
            await link.open()
            # The answer shows that the server writes to the log and reads it.
            if await link.login(f"observer_of_{server.name}") and "id" in await link.say():
                return link
            await link.close()
        await asyncio.sleep(0.2)
    storm.record.finds(f"{server.name} serves nobody after the storm")
    # Not in the finding: only the first ones are printed, and such a server makes many.
    raise Stuck(f"{server.name} serves nobody; the end of its log:\n{server.tail()}")


async def have_read_all(storm, observers):
    """Waits until each server has delivered what the last observer has said."""
    last, until = max(link.last for link in observers), time.monotonic() + GHOST
    for link in observers:
        while link.last < last and time.monotonic() < until:
            await asyncio.sleep(0.02)
        if link.last < last:
            storm.record.finds(f"{link.server.name} has delivered id {link.last} and not id {last}")


async def no_ghosts(storm, observers):
    expected, until = sorted(link.name for link in observers), time.monotonic() + GHOST
    for link in observers:
        while (names := (await link.ask("names"))["names"]) != expected:
            if time.monotonic() > until:
                storm.record.finds(f"ghosts at {link.server.name}: {sorted(set(names) ^ set(expected))}")
                break
            await asyncio.sleep(0.1)


async def transcript(link):
    """Returns all messages that the server has, page by page."""
    found = []
    for room in [None, *ROOMS]:
        arguments, older = {"room": room} if room else {}, True
        if room:
            await link.ask("join", room=room)
        page = []
        while older:
            answer = await link.ask("history", limit=100, **arguments)
            page, older = answer["messages"] + page, answer["more"]
            arguments["before"] = page[0]["id"] if page else 0
        found += page
    return sorted(found, key=lambda message: message["id"])


def the_same(storm, what, contents):
    """Checks that all servers have the same content. Returns its hash."""
    hashes = [hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16] for content in contents]
    if len(set(hashes)) != 1:
        storm.record.finds(f"{what} differ: {dict(zip([server.name for server in storm.servers], hashes))}")
        for server, content in zip(storm.servers, contents):
            for row in [row for row in content if row not in contents[0]][:3]:
                storm.record.finds(f"only {server.name} has {row}, and {storm.servers[0].name} has not")
            for row in [row for row in contents[0] if row not in content][:3]:
                storm.record.finds(f"{server.name} does not have {row}, and {storm.servers[0].name} has it")
    return hashes[0]


def contents(storm, messages):
    """Checks that each message of the clients is there as often as it must be."""
    record = storm.record
    counts = collections.Counter(message["message"] for message in messages)
    ids = {message["message"]: message["id"] for message in messages}
    for token, said in record.said.items():
        if said.to:
            continue
        if counts[token] > 1:
            record.finds(f"doubled: {token!r} is there {counts[token]} times")
        if said.answer == "acknowledged" and ids.get(token) != said.id:
            record.finds(f"lost: {token!r} was acknowledged with id {said.id}, and has id {ids.get(token)}")
        if said.answer == "refused" and counts[token]:
            record.finds(f"{token!r} was refused, and is there with id {ids[token]}")
    for text in counts.keys() - record.said.keys():
        record.finds(f"nobody said {text!r}")
    # A client hears all of the lobby from its first to its last message.
    lobby = [message["id"] for message in messages if "room" not in message]
    for section in filter(None, record.sections):
        first, last = bisect.bisect_left(lobby, section[0]), bisect.bisect_right(lobby, section[-1])
        if section != lobby[first:last]:
            missing = sorted(set(lobby[first:last]) - set(section))
            record.finds(f"a client has not received {missing} between {section[0]} and {section[-1]}")


async def views(storm):
    """Checks the files of the servers, which have whispers, accounts and bans, too."""
    until = time.monotonic() + 10
    while True:
        files = [tables(server.view) for server in storm.servers]
        if all(file == files[0] for file in files) or time.monotonic() > until:
            break
        await asyncio.sleep(0.2)
    for table in TABLES:
        the_same(storm, f"the {table} in the files", [file[table] for file in files])
    rows = collections.defaultdict(list)
    for row in files[0]["messages"]:
        rows[row[5]].append(row[0])
    for token, said in storm.record.said.items():
        ids = rows[token]
        if len(ids) > 1:
            storm.record.finds(f"doubled: {token!r} has the ids {ids} in the files")
        if said.answer == "acknowledged" and ids != [said.id]:
            storm.record.finds(f"lost: {token!r} was acknowledged with id {said.id}, and has {ids} in the files")
        if said.answer == "refused" and ids:
            storm.record.finds(f"{token!r} was refused, and has the ids {ids} in the files")


def tables(view):
    with contextlib.closing(sqlite3.connect(f"file:{view}?mode=ro", uri=True, timeout=10)) as data:
        order = {"messages": "id", "accounts": "username", "bans": "who"}
        query = "SELECT {} FROM {} ORDER BY {}"
        return {name: data.execute(query.format(TABLES[name], name, order[name])).fetchall() for name in TABLES}


async def accounts_work(storm):
    for server in storm.servers:
        for name in storm.accounts:
            link = await Link(server, storm.record, "nobody").open()
            if not await link.login(name, password=PASSWORD):
                storm.record.finds(f"{name} cannot log in at {server.name}")
            await link.ask("logout")
            await link.close()


def journal(storm):
    """Checks the log itself, and that the clients were told what follows from it."""
    for _ in range(100):
        with contextlib.suppress(resp.Gone):
            storm.journal.catch_up()
            break
    record, entries = storm.record, storm.journal.entries
    ids = [entry.id for entry in entries]
    if ids != list(range(1, len(ids) + 1)):
        record.finds(f"the ids of the log have a gap or do not begin with 1: {len(ids)} up to {ids[-1:]}")
    storm.replay = replay = Replay(record)
    for entry in entries:
        replay.take(entry)
    for token, said in record.said.items():
        if said.answer == "acknowledged" and token not in replay.said:
            record.finds(f"{token!r} was acknowledged, and is not in the log")
    granted = collections.defaultdict(list)
    for name, server, at in replay.granted:
        granted[name, server].append(at)
    for grant in record.grants:
        times = granted[grant.name, grant.server]
        # The clocks of the processes are one clock; a request has its time in milliseconds.
        match = next((at for at in times if grant.asked - 0.1 <= at <= grant.answered + 0.1), None)
        if match is None:
            record.finds(f"{grant.server} gave {grant.name} to a client, and the log refuses it")
        else:
            times.remove(match)


def summary(storm):
    record = storm.record
    counts = collections.Counter(said.answer for said in record.said.values())
    replay, told = getattr(storm, "replay", None), sum(record.notices.values())
    lines = [
        f"{len(storm.journal.entries)} entries, {counts['acknowledged']} messages acknowledged, "
        f"{counts['refused']} refused {record.refused}, {counts['none']} without an answer",
        f"{len(record.grants)} names given, {replay.refused if replay else '?'} refused by the log, "
        f"{len(replay.gone) if replay else '?'} servers declared gone, {told} notices, "
        f"transcript {getattr(storm, 'hash', '?')} on each of {len(storm.servers)} servers",
        "all promises were kept" if not record.wrong else f"{len(record.wrong)} promises were broken",
    ]
    return "\n".join(lines)
