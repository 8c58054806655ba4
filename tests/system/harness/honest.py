#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Honest callers, at a rate that does not depend on the answers: batches of feelings, payments,
analyses, and acceptances of what these offer. A process of its own, so that what it measures is not
held up by whoever started it.

A plan as JSON on stdin → what was accepted and how long each answer took, as JSON on stdout. Times
count from when a request was due to its good answer. Who is told to come again does; whatever else
is no success is told in `faults`."""
import asyncio
import json
import sys
import time

BATCH = 20        # events in one request, as a producer gathers them
CONNECTIONS = 8   # to each process
ANSWER_LIMIT_S = 30
PAUSE_S = 1       # before one comes again, as Retry-After says


class Caller:
    """A process of the system: requests go over connections that stay."""

    def __init__(self, port):
        self.port = port
        self.idle = asyncio.Queue()

    async def open(self):
        for _ in range(CONNECTIONS):
            self.idle.put_nowait(await asyncio.open_connection("127.0.0.1", self.port))

    async def ask(self, path, headers, body):
        """The status of the answer, whether one may come again, and its body."""
        reader, writer = connection = await self.idle.get()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        size = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        content = await reader.readexactly(size)
        self.idle.put_nowait(connection)
        return int(answer.split()[1]), b"\r\nretry-after: " in answer.lower(), content


class Honest:
    def __init__(self, plan):
        self.plan = plan
        self.callers = {role: Caller(port) for role, port in plan["ports"].items()}
        self.accepted = {"events": [], "transactions": [], "offers": []}
        self.taken_us = {"events": [], "transactions": [], "analyses": [], "acceptances": []}
        self.asked_again = 0
        self.faults = []

    async def ask(self, kind, role, path, headers, body, good, due):
        """The body of a good answer; None, and a fault, otherwise."""
        caller = self.callers[role]
        try:
            status, may_come, content = await asyncio.wait_for(
                caller.ask(path, headers, body), ANSWER_LIMIT_S)
            while status == 503 and may_come and time.monotonic() < due + ANSWER_LIMIT_S:
                self.asked_again += 1
                await asyncio.sleep(PAUSE_S)
                status, may_come, content = await asyncio.wait_for(
                    caller.ask(path, headers, body), ANSWER_LIMIT_S)
        except (OSError, EOFError, asyncio.TimeoutError) as fault:
            self.faults.append([kind, repr(fault)])
            return None
        self.taken_us[kind].append(int((time.monotonic() - due) * 1e6))
        if status != good:
            self.faults.append([kind, f"{status} {content.decode()}"])
            return None
        return json.loads(content)

    async def feel(self, number, due):
        people, now = self.plan["people"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        names = [f"{self.plan['run']}-{number}-{line}" for line in range(BATCH)]
        lines = "\n".join(
            f'{{"userId":"{people[(number * BATCH + line) % len(people)][0]}","timestamp":"{now}",'
            f'"eventId":"{name}","emotionEvent":{{"type":"joy","metrics":{{"positivity":0.6,'
            f'"intensity":0.5,"stress_level":0.{line % 9}}}}}}}' for line, name in enumerate(names))
        headers = {"X-Internal-Key": self.plan["key"], "Content-Type": "application/x-ndjson"}
        answer = await self.ask("events", "emotion-ingestion", "/v1/emotions/stream", headers,
                                lines.encode(), 202, due)
        if answer and answer["accepted"] == BATCH:
            self.accepted["events"] += names
        elif answer:
            self.faults.append(["events", answer])

    async def spend(self, number, due):
        user_id, token = self.plan["people"][number % len(self.plan["people"])]
        name = f"{self.plan['run']}-{number}"
        body = json.dumps({"userId": user_id, "amount": 10, "transactionId": name}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if await self.ask("transactions", "transaction-ingestion", "/v1/transactions", headers,
                          body, 202, due):
            self.accepted["transactions"].append(name)

    async def analyse(self, number, due):
        """Every tenth is somebody who never asked before, and accepts what they are offered."""
        new = number % 10 == 0
        people = self.plan["applicants" if new else "people"]
        user_id, token = people[number // 10 if new else number % len(people)]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = await self.ask("analyses", "user-credit", f"/v1/users/{user_id}/credit-analysis",
                                headers, b"", 200, due)
        if not new or not answer:
            return
        offer, body = answer["offer"]["offer_id"], json.dumps({"userId": user_id}).encode()
        if await self.ask("acceptances", "user-credit", f"/v1/credit-offers/{offer}/accept",
                          headers, body, 202, time.monotonic()):
            self.accepted["offers"].append(offer)

    async def pace(self, call, per_second):
        """Calls at their times, whether or not those before are answered."""
        start, calls = time.monotonic(), []
        for number in range(int(self.plan["seconds"] * per_second)):
            due = start + number / per_second
            await asyncio.sleep(max(0, due - time.monotonic()))
            calls.append(asyncio.create_task(call(number, due)))
        await asyncio.gather(*calls)

    async def run(self):
        for caller in self.callers.values():
            await caller.open()
        rates = self.plan["per_second"]
        await asyncio.gather(self.pace(self.feel, rates["events"] / BATCH),
                             self.pace(self.spend, rates["transactions"]),
                             self.pace(self.analyse, rates["analyses"]))
        return {"accepted": self.accepted, "taken_us": self.taken_us, "faults": self.faults,
                "asked_again": self.asked_again}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Honest(json.load(sys.stdin)).run())))
