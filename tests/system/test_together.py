# SPDX-License-Identifier: Apache-2.0
"""Analyses that wait together are done together (roles/user_credit_analysis.c): each caller has the
answer that they would have had alone, and a process that is killed meanwhile leaves each decision
made or not made."""
import concurrent.futures
import threading

import pytest
import requests
from harness.client import Client
from harness.people import people_added
from harness.poll import until

PEOPLE, ASKERS = 60, 48


@pytest.fixture(params=["embedded", "real"])
def crowded(request, system_of):
    """A system and people who have asked nothing yet."""
    system = system_of(request.param, start=request.param == "real")
    if request.param == "embedded":
        assert system.command("migrate").returncode == 0
    people = people_added(system, PEOPLE)
    if request.param == "embedded":
        system.start()
    return system, people


def all_at_once(system, questions, ask_one):
    """What ask_one(client, question) has for each, asked as nearly at once as can be; None: there came
    no answer."""
    own, begin = threading.local(), threading.Barrier(ASKERS)

    def ask(question):
        try:
            if not hasattr(own, "client"):
                own.client = Client(system)
                begin.wait(30)
            answer = ask_one(own.client, question)
        except requests.exceptions.ConnectionError:
            return None
        return answer.json() if answer.status_code == 200 else answer.status_code

    with concurrent.futures.ThreadPoolExecutor(ASKERS) as pool:
        return list(pool.map(ask, questions))


def ask_all(system, questions):
    """Analyses of (person, key or None)."""
    return all_at_once(system, questions, lambda client, question: client.analyse(
        question[0], {"Idempotency-Key": question[1]} if question[1] else None))


def decisions_of(system, person):
    client = Client(system)
    return client.get(f"/v1/users/{person.id}/decisions?page_size=100", person.bearer).json()["items"]


def check_log(system):
    if system.kind == "embedded":
        system.process.terminate()
    done = system.command("verify-log")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"{PEOPLE} decisions, 0 faults\n"


def test_each_has_the_answer_of_one_who_is_alone(crowded):
    """Everybody asks three times: without a key, with one, and with the same one again. One decides."""
    system, people = crowded
    questions = [(person, key) for person in people for key in (None, "mine", "mine")]
    stranger = people[0]
    answers = ask_all(system, questions)
    for place, person in enumerate(people):
        mine = answers[3 * place:3 * place + 3]
        assert mine[0] == mine[1] == mine[2], mine
        made = decisions_of(system, person)
        assert [item["decision_id"] for item in made] == [mine[0]["decision_id"]]
    # The same key for something else is refused, and everybody beside it is answered all the same.
    client = Client(system)
    other = client.post(f"/v1/users/{stranger.id}/credit-analysis",
                        {**stranger.bearer, "Idempotency-Key": "mine"}, data=b"{}")
    assert other.status_code == 422, other.text
    assert ask_all(system, questions[:ASKERS]) == answers[:ASKERS]
    check_log(system)


def test_offers_are_accepted_together(crowded):
    """Everybody accepts twice, and is told so both times; each has one line of it."""
    system, people = crowded
    answers = ask_all(system, [(person, None) for person in people])
    offers = [(person, answer["offer"]["offer_id"]) for person, answer in zip(people, answers)
              if answer["approved"]]
    assert len(offers) > 1
    told = all_at_once(system, offers * 2 + [(people[0], offers[1][1])],
                       lambda client, offer: client.accept(*offer))
    assert told == [202] * (2 * len(offers)) + [404]
    until("every line is active", lambda: system.database.rows(
        "SELECT count(*) FROM offers WHERE status = 'active'") == [(len(offers),)])
    assert system.database.rows("SELECT count(*) FROM notifications") == [(len(offers),)]


def test_a_killed_process_leaves_each_made_or_not_made(crowded):
    system, people = crowded
    process = system.process_of(f"/v1/users/{people[0].id}")
    questions = [(person, "mine") for person in people]
    killer = threading.Thread(target=lambda: (
        until("some are decided", lambda: system.database.rows("SELECT count(*) FROM decisions")
              != [(0,)], pause_s=0.001), process.kill()))
    killer.start()
    before = ask_all(system, questions)
    killer.join()
    process.start()
    after = ask_all(system, questions)
    for person, first, again in zip(people, before, after):
        assert isinstance(again, dict), again
        if isinstance(first, dict):
            assert again == first
        assert len(decisions_of(system, person)) == 1
    check_log(system)
