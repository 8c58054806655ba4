# SPDX-License-Identifier: Apache-2.0
"""A small NATS client: as a producer that knows nothing of ECS would publish, with the server's
confirmation, and for looking at what a stream holds."""
import base64
import json
import socket
import urllib.parse
import uuid


class Message:
    def __init__(self, subject, headers, payload, sequence=None):
        self.subject, self.headers, self.payload = subject, headers, payload
        self.sequence = sequence


def _headers_text(headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"NATS/1.0\r\n{lines}\r\n".encode()


def _headers_parse(text):
    """Names as sent; the status line comes under ""."""
    lines = text.decode().split("\r\n")
    headers = {"": lines[0].removeprefix("NATS/1.0").strip()}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name] = value.strip()
    return headers


class NatsClient:
    def __init__(self, url, timeout_s=10):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout_s)
        self.file = self.socket.makefile("rb")
        self.inbox = f"_INBOX.{parts.username}.{uuid.uuid4().hex}"
        self.requests = 0
        assert self.file.readline().startswith(b"INFO ")
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True,
                   "user": parts.username, "pass": parts.password, "lang": "python",
                   "version": "0", "protocol": 1}
        self._send(f"CONNECT {json.dumps(options)}\r\nSUB {self.inbox}.* 1\r\nPING\r\n".encode())
        line = self.file.readline()
        assert line == b"PONG\r\n", line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def _send(self, data):
        self.socket.sendall(data)

    def _frame(self, subject, reply, payload, headers):
        if headers:
            head = _headers_text(headers)
            line = f"HPUB {subject} {reply} {len(head)} {len(head) + len(payload)}\r\n"
            return line.encode() + head + payload + b"\r\n"
        return f"PUB {subject} {reply} {len(payload)}\r\n".encode() + payload + b"\r\n"

    def _receive(self):
        """The next message of any subscription."""
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError("the NATS server closed the connection")
            words = line.split()
            if words[0] == b"PING":
                self._send(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                total = int(words[-1])
                body = self.file.read(total + 2)[:total]
                head = int(words[-2]) if words[0] == b"HMSG" else 0
                headers = _headers_parse(body[:head]) if head else {}
                return Message(words[1].decode(), headers, body[head:])
            elif words[0] == b"-ERR":
                raise ConnectionError(line.decode().strip())

    def request(self, subject, payload=b"", headers=None):
        self.requests += 1
        reply = f"{self.inbox}.{self.requests}"
        self._send(self._frame(subject, reply, payload, headers))
        while True:
            message = self._receive()
            if message.subject == reply:
                assert message.headers.get("", "") != "503", f"nobody answers {subject}"
                return message

    def refusals(self, *commands):
        """What the server says to protocol lines, such as b"SUB a 9", that it does not permit."""
        self._send(b"".join(command + b"\r\n" for command in (*commands, b"PING")))
        lines = []
        while (line := self.file.readline().strip()) != b"PONG":
            assert line, "the NATS server closed the connection"
            if line.startswith(b"-ERR"):
                lines.append(line.decode())
        return lines

    def api(self, subject, request=None):
        payload = json.dumps(request).encode() if request is not None else b""
        return json.loads(self.request(f"$JS.API.{subject}", payload).payload)

    def publish(self, subject, payload, headers=None):
        """Publishes to a stream and returns what the server confirmed."""
        if not isinstance(payload, bytes):
            payload = json.dumps(payload).encode()
        answer = json.loads(self.request(subject, payload, headers).payload)
        assert "error" not in answer, answer
        return answer

    def publish_all(self, messages, window=500):
        """Publishes (subject, payload, headers) tuples, `window` under way at once; returns the
        count the server confirmed as stored, duplicates included."""
        replies = {}
        confirmed = 0
        for subject, payload, headers in messages:
            self.requests += 1
            reply = f"{self.inbox}.{self.requests}"
            replies[reply] = True
            self._send(self._frame(subject, reply, payload, headers))
            while len(replies) >= window:
                confirmed += self._confirm(replies)
        while replies:
            confirmed += self._confirm(replies)
        return confirmed

    def _confirm(self, replies):
        message = self._receive()
        if replies.pop(message.subject, None) is None:
            return 0
        answer = json.loads(message.payload)
        assert "error" not in answer, answer
        return 1

    def stream(self, name):
        return self.api(f"STREAM.INFO.{name}")

    def consumers(self, stream):
        return self.api(f"CONSUMER.LIST.{stream}")["consumers"]

    def messages(self, stream):
        """All messages that a stream holds now."""
        state = self.stream(stream)["state"]
        found = []
        for sequence in range(state["first_seq"], state["last_seq"] + 1):
            answer = self.api(f"STREAM.MSG.GET.{stream}", {"seq": sequence})
            if "message" in answer:
                message = answer["message"]
                headers = _headers_parse(base64.b64decode(message.get("hdrs", "")))
                found.append(Message(message["subject"], headers,
                                     base64.b64decode(message.get("data", "")), sequence))
        return found
