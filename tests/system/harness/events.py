# SPDX-License-Identifier: Apache-2.0
"""Server-Sent Events, read as they come."""
import requests

from .poll import LIMIT_S


class EventStream:
    """Frames as dictionaries of their fields; comments and keep-alives are passed over."""

    def __init__(self, client, person, last_event_id=None):
        headers = dict(person.bearer)
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        self.answer = requests.get(
            client.system.url(f"/v1/users/{person.id}/notifications/stream"), headers=headers,
            stream=True, timeout=LIMIT_S, verify=client.system.certificate)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()

    def next(self):
        """The next frame that holds data; fails if none comes for LIMIT_S."""
        frame = {}
        for line in self.lines:
            name, colon, value = line.partition(":")
            if line == "" and "data" in frame:
                return frame
            if line == "":
                frame = {}
            elif name and colon:
                frame[name] = frame[name] + "\n" + value.strip() if name in frame else value.strip()
        raise AssertionError("the stream of events ended")
