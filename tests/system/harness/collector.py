# SPDX-License-Identifier: Apache-2.0
"""An OpenTelemetry collector, as far as ecs speaks to one: it takes spans and keeps them."""
import http.server
import json
import threading


def attributes(items):
    """{key: text or number} of OTLP attributes; any other form is a fault."""
    found = {}
    for item in items:
        (form, value), = item["value"].items()
        assert set(item) == {"key", "value"} and isinstance(value, str), item
        found[item["key"]] = {"stringValue": str, "intValue": int}[form](value)
    return found


class Collector:
    def __init__(self):
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with collector.lock:
                    collector.requests.append((self.path, self.headers["Content-Type"], body))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *arguments):
                pass

        self.lock = threading.Lock()
        self.requests = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": .1})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *fault):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def received(self):
        """[(path, media type, body)] so far."""
        with self.lock:
            return list(self.requests)

    def spans(self, trace_id=None):
        """The spans so far, or those of a trace, each with `service` and its attributes by key."""
        found = []
        for _, _, body in self.received():
            for resource in json.loads(body)["resourceSpans"]:
                who = attributes(resource["resource"]["attributes"])
                for scope in resource["scopeSpans"]:
                    found += [{**span, "service": who["service.name"],
                               "attributes": attributes(span["attributes"])}
                              for span in scope["spans"]]
        return [span for span in found if trace_id in (None, span["traceId"])]
