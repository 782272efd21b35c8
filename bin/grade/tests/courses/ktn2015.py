"""A chat server for the KTN project of 2015: `python3 ktn2015.py [PORT]`."""

import codecs
import json
import queue
import re
import socket
import socketserver
import sys
import threading
import time
from contextlib import suppress

GAP = 0.02  # seconds between two responses, because a client takes each read for one response
MAX_REQUEST = 100_000  # characters
MAX_WAITING = 1000  # responses in the queue of a client that does not read

lock = threading.RLock()  # protects users and history
users = {}  # the usernames of the clients that are logged in
history = []  # all messages as JSON, oldest first


def split_requests(text):
    """Splits JSON values that have no delimiter. Returns them and the incomplete rest."""
    values = []
    while text := text.lstrip():
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text)
        except (ValueError, RecursionError) as error:
            position = getattr(error, "pos", 0)
            brackets = re.sub(r'"(\\.|[^"\\])*("|\\?$)', "", text, flags=re.DOTALL)
            opened = len(re.findall(r"[{[]", brackets)) - len(re.findall(r"[]}]", brackets))
            if position > 0 and opened > 0:
                break  # The rest of the value has not arrived yet.
            value, end = None, text.find("{", position + 1)
        values.append(value)
        text = text[end:] if end > 0 else ""
    return values, text


class ClientHandler(socketserver.BaseRequestHandler):
    """One client. One thread reads its requests, another one writes its responses."""

    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connected = True
        self.responses = queue.Queue(MAX_WAITING)
        self.writer = threading.Thread(target=self.write, daemon=True)
        self.writer.start()

    def handle(self):
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        received = ""
        with suppress(OSError):  # for example ConnectionResetError
            while self.connected and (data := self.request.recv(4096)):
                requests, received = split_requests(received + decoder.decode(data))
                if len(received) > MAX_REQUEST:
                    self.error("Request too long")
                    break
                for request in requests:
                    if self.connected:
                        self.serve(request)

    def finish(self):
        with lock:
            users.pop(self, None)
        self.put(None)
        self.writer.join()
        # Unread requests would make close() reset the connection before the client reads the end.
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)
            self.request.settimeout(1)
            while self.request.recv(4096):
                pass

    def serve(self, request):
        known = {
            "login": self.login,
            "logout": self.logout,
            "msg": self.msg,
            "names": self.names,
            "help": self.help,
        }
        name = request.get("request") if isinstance(request, dict) else None
        with lock:
            if not isinstance(name, str):
                self.error("Not a JSON object")
            elif name not in known:
                self.error("Unknown request")
            elif name not in ("login", "help") and self not in users:
                self.error("Not logged in")
            elif name in ("login", "msg") and not isinstance(request.get("content"), str):
                self.error("Content missing")
            else:
                known[name](request.get("content"))

    def login(self, username):
        if self in users:
            self.error("Already logged in")
        elif not self.is_valid(username):
            self.error("Invalid username")
        elif self.is_taken(username):
            self.error("Username taken")
        else:
            users[self] = username
            self.welcome(username)

    def welcome(self, username):
        self.info(f"Logged in as {username}")
        if history:
            self.respond("server", "history", list(history))

    def is_valid(self, username):
        return re.fullmatch("[A-Za-z0-9]+", username) is not None

    def is_taken(self, username):
        return username in users.values()

    def logout(self, _):
        del users[self]
        self.info("Logged out")
        self.connected = False

    def msg(self, text):
        message = self.payload(users[self], "message", text)
        history.append(json.dumps(message))
        self.broadcast(message)

    def broadcast(self, message):
        for client in list(users):
            client.put(message)

    def names(self, _):
        self.info("\n".join(users.values()))

    def help(self, _):
        self.info("login <username>, logout, msg <message>, names, help")

    def info(self, text):
        self.respond("server", "info", text)

    def error(self, text):
        self.respond("server", "error", text)

    def respond(self, sender, response, content):
        self.put(self.payload(sender, response, content))

    def payload(self, sender, response, content):
        return {
            "timestamp": time.strftime("%Y-%m-%d %H:%M:%S"),
            "sender": sender,
            "response": response,
            "content": content,
        }

    def put(self, payload):
        """Queues a response, or None for the end. Disconnects a client that does not read."""
        try:
            self.responses.put_nowait(payload)
        except queue.Full:
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)

    def write(self):
        with suppress(OSError):
            while (payload := self.responses.get()) is not None:
                self.request.sendall(self.encode(payload))
                time.sleep(GAP)

    def encode(self, payload):
        return json.dumps(payload).encode()


class ThreadedTCPServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024


def run(handler, port):
    threading.stack_size(256 * 1024)  # five hundred clients have a thousand threads
    with ThreadedTCPServer(("127.0.0.1", port), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    run(ClientHandler, int(sys.argv[1]) if len(sys.argv) > 1 else 9998)
