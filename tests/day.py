#!/usr/bin/env python3
"""Plays a day of chat: three clients in tmux, and a server that is restarted, killed and suspended.

Somebody sends messages at 30 a second, also while the clients are away, the network drops everything for a
while, the windows are resized, and each person types lines. At the end, the screen and the scrollback of
each client have to contain every message once and in order, and a list of missed messages. Needs tmux.

    cargo build --release
    python3 tests/day.py                            # some four minutes
    python3 tests/day.py --short --bin target/debug # the same events, with shorter waits
"""

import argparse
import contextlib
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEOPLE = ["alice", "bob", "carl"]
RATE = 30  # messages a second
DEADLINE = 150  # seconds for anything that the script waits for
SIZES = [(60, 20), (132, 40), (45, 24), (100, 30)]


def wait_for(what, holds):
    until = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > until:
            sys.exit(f"day: waited {DEADLINE} s for: {what}")
        time.sleep(0.2)


class Server:
    """The server, on one port and one data file for the whole day."""

    def __init__(self, program, folder):
        self.program, self.data, self.port = program, folder / "data.db", 0

    def start(self):
        listen = f"json=127.0.0.1:{self.port}"
        line = [self.program, "--listen", listen, "--data", self.data, "--flood", "off", "--log", "error"]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r":(\d+) ", self.process.stdout.readline())[1])

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait()


class Network:
    """A proxy between the clients and the server. It can hold back everything."""

    def __init__(self, server):
        self.server, self.works = server, threading.Event()
        self.works.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            self.works.wait()
            try:
                server = socket.create_connection(("127.0.0.1", self.server.port))
            except OSError:
                client.close()
                continue
            for ends in [(client, server), (server, client)]:
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.works.wait()
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Speaker:
    """Somebody who sends numbered messages, and knows that each arrived."""

    def __init__(self, server):
        self.server, self.said, self.sessions = server, [], 0

    def speak(self, seconds):
        self.sessions += 1
        with socket.create_connection(("127.0.0.1", self.server.port)) as link, link.makefile("rw") as file:
            ask(file, {"request": "login", "username": f"speaker{self.sessions}"})
            begun = time.monotonic()
            for number in range(int(seconds * RATE)):
                # The speed of speech, and no wait for an event.
                time.sleep(max(0, begun + number / RATE - time.monotonic()))
                token = f"s{len(self.said) + 1}."
                ask(file, {"request": "message", "message": f"{token} {'and so on ' * (number % 12)}"})
                self.said.append(token)


def ask(file, request):
    file.write(json.dumps({**request, "tag": 1}) + "\n")
    file.flush()
    for line in file:
        answer = json.loads(line)
        if answer.get("tag") == 1:
            if "error" in answer:
                sys.exit(f"day: {request} was refused: {answer['error']}")
            return
    sys.exit(f"day: no answer to {request}")


class Client:
    """A client in a window of tmux."""

    def __init__(self, tmux, name, program, port, home):
        self.tmux, self.name, self.typed = tmux, name, []
        command = f"HOME={home} XDG_CONFIG_HOME={home} XDG_STATE_HOME={home} {program} 127.0.0.1:{port} --name {name} --color never; cat"
        tmux("new-session", "-d", "-s", name, "-x", "100", "-y", "30", command)

    def text(self):
        """The scrollback and the screen, with wrapped lines joined."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", self.name)

    def is_ready(self):
        return self.text().rstrip().splitlines()[-1:] == [f"{self.name}>"]

    def type(self):
        token = f"{self.name[0]}{len(self.typed) + 1}."
        wait_for(f"the prompt of {self.name}", self.is_ready)
        self.tmux("send-keys", "-t", self.name, "-l", f"{token} typed by {self.name}")
        self.tmux("send-keys", "-t", self.name, "Enter")
        self.typed.append(token)
        return token

    def resize(self, size):
        self.tmux("resize-window", "-t", self.name, "-x", str(size[0]), "-y", str(size[1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="shorter waits")
    parser.add_argument("--bin", default="target/release", help="the folder of server and client")
    options = parser.parse_args()
    folder = (ROOT / options.bin).resolve()
    speech, suspended, dropped = (1, 2, 2) if options.short else (20, 30, 60)
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as ends:
        home = pathlib.Path(temporary)

        def tmux(*words):
            line = ["tmux", "-f", "/dev/null", "-S", str(home / "tmux"), *words]
            ran = subprocess.run(line, capture_output=True, text=True)
            if ran.returncode != 0:
                sys.exit(f"day: {' '.join(words)}: {ran.stderr}")
            return ran.stdout

        server = Server(folder / "server", home)
        server.start()
        ends.callback(lambda: server.process.kill())
        network, speaker = Network(server), Speaker(server)
        # A server of tmux that stays, with room for all lines.
        tmux("new-session", "-d", "-s", "keep", ";", "set-option", "-g", "history-limit", "100000")
        ends.callback(lambda: tmux("kill-server"))
        clients = [Client(tmux, name, folder / "client", network.port, home) for name in PEOPLE]
        for client in clients:
            wait_for(f"the login of {client.name}", client.is_ready)
        order = []

        def everybody(token):
            for client in clients:
                wait_for(f"{token} at {client.name}", lambda: token in client.text())

        def speak(unheard=contextlib.nullcontext):
            with unheard():
                speaker.speak(speech)
            order.extend(speaker.said[len([it for it in order if it[0] == "s"]):])
            everybody(speaker.said[-1])

        @contextlib.contextmanager
        def nobody_returns():
            network.works.clear()
            yield
            network.works.set()

        def chat():
            for client in clients:
                order.append(client.type())
                everybody(order[-1])

        def resize(size):
            for client in clients:
                client.resize(size)

        chat()
        speak()
        for number, name in enumerate(["SIGTERM", "SIGKILL", "SIGTERM", "SIGKILL"]):
            server.end(signal.Signals[name])
            resize(SIZES[number])
            server.start()
            # Clients that are quick miss nothing: once, all of them return late.
            speak(nobody_returns if number == 0 else contextlib.nullcontext)
            chat()
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(suspended)
        server.process.send_signal(signal.SIGCONT)
        speak()
        chat()
        network.works.clear()
        begun = time.monotonic()
        speaker.speak(speech)
        resize(SIZES[0])
        time.sleep(max(0, begun + dropped - time.monotonic()))
        network.works.set()
        speak()
        chat()
        resize(SIZES[1])
        wrong = 0
        for client in clients:
            text = client.text()
            found = re.findall(r"(?<=[ >])[sabc]\d+\.(?= )", text)
            if found != order:
                wrong += 1
                missing = [token for token in order if token not in found]
                doubled = sorted({token for token in found if found.count(token) > 1})
                print(f"{client.name}: {len(found)} of {len(order)} messages; missing {missing[:20]}, "
                      f"doubled {doubled[:20]}\n{text[-6000:]}")
        away = [text.count("missed while away") for text in (client.text() for client in clients)]
        print(f"{len(order)} messages, {len(clients)} clients, back after {away} absences: {wrong} wrong")
        if 0 in away:
            print("a client has not shown that it was away: the day has not tested its return")
        return 1 if wrong or 0 in away else 0


if __name__ == "__main__":
    sys.exit(main())
