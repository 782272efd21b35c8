"""A client of Redis that is small enough to be right: one request, one reply."""

import socket


class Gone(Exception):
    """Redis does not answer now."""


class Client:
    """A connection to the socket of a Redis. It connects anew after a failure."""

    def __init__(self, path):
        self.path, self.file, self.link = str(path), None, None

    def ask(self, *words):
        try:
            if self.file is None:
                self.link = socket.socket(socket.AF_UNIX)
                self.link.settimeout(10)
                self.link.connect(self.path)
                self.file = self.link.makefile("rb")
            parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
            frame = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
            self.link.sendall(frame)
            return self.reply()
        except (OSError, Gone) as error:
            self.close()
            raise Gone(str(error)) from error

    def close(self):
        if self.link:
            self.link.close()
        self.file = self.link = None

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Gone("the connection ended")
        kind, rest = line[:1], line[1:-2]
        match kind:
            case b"+":
                return rest.decode()
            case b":":
                return int(rest)
            case b"$":
                length = int(rest)
                return None if length < 0 else self.file.read(length + 2)[:-2].decode(errors="surrogateescape")
            case b"*":
                return None if int(rest) < 0 else [self.reply() for _ in range(int(rest))]
            # While Redis loads its file, it answers each command with an error.
            case b"-":
                raise Gone(rest.decode())
        raise Gone(f"not a reply: {line!r}")
