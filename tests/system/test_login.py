# SPDX-License-Identifier: Apache-2.0
"""Logging in and out: uniform time, limits, refresh tokens and their theft, revocation."""
import concurrent.futures
import threading
import time
import uuid

import pytest
import requests
from harness.client import PASSWORD, Client, Person
from harness.expect import field_refusal, refusal
from harness.poll import until
from harness.tokens import make_claims, make_token


def refresh(client, token):
    return client.post("/v1/auth/refresh", json={"refresh_token": token})


def together(works):
    """Runs each in a thread of its own; the first fault is told."""
    with concurrent.futures.ThreadPoolExecutor(len(works)) as threads:
        for work in [threads.submit(work) for work in works]:
            work.result()


def refused(client, person):
    return client.get(f"/v1/users/{person.id}", person.bearer).status_code == 401


def test_a_refresh_token_gives_new_tokens(client, person):
    answer = refresh(client, person.refresh_token)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert body["refresh_token"] != person.refresh_token
    again = Person(person.id, person.email, person.password, body)
    assert client.profile(again).status_code == 200


def test_a_refresh_token_used_twice_ends_its_family(client, person):
    """Whoever used it second may be the thief or the person; neither goes on."""
    second = refresh(client, person.refresh_token).json()["refresh_token"]
    third = refresh(client, second).json()["refresh_token"]
    refusal(refresh(client, second), 401)
    refusal(refresh(client, third), 401)
    assert client.login(person.email).status_code == 200


def test_another_login_is_another_family(client, person):
    other = client.login(person.email).json()["refresh_token"]
    refresh(client, person.refresh_token)
    refusal(refresh(client, person.refresh_token), 401)
    assert refresh(client, other).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, str(uuid.UUID(int=1)), "\u0000"])
def test_a_refresh_token_that_is_none(client, token):
    answer = refresh(client, token)
    assert answer.status_code == (400 if "\0" in token else 401 if 0 < len(token) <= 128 else 422)


def test_a_refresh_token_is_needed(client):
    field_refusal(client.post("/v1/auth/refresh", json={}), "body", "refresh_token")


def test_an_access_token_is_no_refresh_token(client, person):
    assert refresh(client, person.token).status_code in (401, 422)


def test_parallel_refreshes_have_one_winner(client, person):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        refresh(Client(client.system), person.refresh_token).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) <= 1 and set(answers) <= {200, 401}, answers


def test_logout_revokes_everywhere_within_2_s(client, person):
    """The processes that did not see the logout learn of it."""
    transaction = {"userId": person.id, "amount": 5}
    assert client.post("/v1/transactions", person.bearer, json=transaction).status_code == 202
    answer = client.post("/v1/auth/logout", person.bearer)
    assert 200 <= answer.status_code < 300, answer.text

    def refused_everywhere():
        answers = [process.get(f"/v1/users/{person.id}", headers=person.bearer)
                   for process in client.system.replicas("user-credit")]
        answers += [process.call("POST", "/v1/transactions", headers=person.bearer,
                                 json=transaction)
                    for process in client.system.replicas("transaction-ingestion")]
        return {answer.status_code for answer in answers} == {401}

    # The promise is 2 s; the rest is for a busy machine.
    until("every process refuses the token", refused_everywhere, limit_s=4)
    refusal(client.get(f"/v1/users/{person.id}", person.bearer), 401, "Invalid or expired token.")
    refusal(refresh(client, person.refresh_token), 401)


def test_a_logout_ends_all_that_was_issued_before_and_nothing_after(client, person):
    """To the instant: a login right after it, in the same second, is good at once."""
    other_place = Person(person.id, person.email, person.password,
                         client.login(person.email).json())
    assert client.post("/v1/auth/logout", person.bearer).status_code == 200
    again = Person(person.id, person.email, person.password, client.login(person.email).json())
    refreshed = Person(person.id, person.email, person.password,
                       refresh(client, again.refresh_token).json())
    for _ in range(20):
        assert refused(client, person) and refused(client, other_place)
        assert not refused(client, again) and not refused(client, refreshed)


def test_no_number_of_logouts_makes_another_forgotten(client, person):
    """Of one who ends session after session, and of many."""
    busy = client.person()
    assert client.post("/v1/auth/logout", person.bearer).status_code == 200

    def end_sessions():
        own = Client(client.system)
        for generation in range(100):
            token = make_token(make_claims(busy.id, gen=10**6 + generation))
            own.post("/v1/auth/logout", {"Authorization": f"Bearer {token}"})

    together([end_sessions] * 4)
    assert refused(client, person)
    assert refused(client, busy)


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_a_revoked_token_stays_so_after_a_start(system_of, kind):
    system = system_of(kind)
    client = Client(system)
    person = client.person()
    assert client.post("/v1/auth/logout", person.bearer).status_code == 200
    process = system.process_of("/v1/auth/login")
    process.terminate()
    process.start()
    assert refused(Client(system), person)


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_the_key_of_tokens_is_replaced_without_logging_anybody_out(system_of, kind):
    old, new = "o" * 40, "n" * 40
    system = system_of(kind, {"SECRET_KEY": old})
    client = Client(system)
    person = client.person()

    def start_with(keys):
        for process in system.processes.values():
            if process.process is not None:
                process.terminate()
            process.environment["SECRET_KEY"] = keys
            process.start()

    start_with(f"{new},{old}")
    client = Client(system)
    assert not refused(client, person)
    second = Person(person.id, person.email, person.password,
                    refresh(client, person.refresh_token).json())
    start_with(new)
    client = Client(system)
    assert refused(client, person)
    assert not refused(client, second)
    assert refresh(client, second.refresh_token).status_code == 200


def test_logout_of_one_is_not_logout_of_another(client, person):
    other = client.person()
    client.post("/v1/auth/logout", person.bearer)
    assert refused(client, person)
    assert not refused(client, other)


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_login_takes_as_long_for_an_address_that_does_not_exist(system_of, kind):
    """Interleaved, so that other load weighs on both alike; the quickest, which it slows least. An
    answer without the work would take a tenth."""
    client = Client(system_of(kind, {"RATE_FAILED_LOGINS": "1000"}))
    person = client.person()
    times = {person.email: [], f"{uuid.uuid4().hex}@example.com": []}
    for round_number in range(40):
        for email, taken in times.items():
            started = time.perf_counter()
            assert client.login(email, "a wrong password").status_code == 401
            if round_number >= 5:
                taken.append(time.perf_counter() - started)
    known, unknown = (min(taken) for taken in times.values())
    assert 0.5 < unknown / known < 2
    # Both did the work that the password's hash asks for.
    assert min(known, unknown) > 0.005


@pytest.fixture(params=["embedded", "real"])
def strict(request, system_of):
    """A system with low limits, which callers of this machine may ask on behalf of any address."""
    return Client(system_of(request.param, {
        "RATE_FAILED_LOGINS": "3", "RATE_REGISTRATIONS_PER_SECOND": "5",
        "TRUSTED_PROXIES": "127.0.0.1"}))


def login_from(client, address, email, password=PASSWORD):
    return client.post("/v1/auth/login", {"X-Forwarded-For": address},
                       json={"email": email, "password": password})


def test_failed_logins_are_limited(strict):
    person, other = strict.person(), strict.person()
    for _ in range(3):
        refusal(strict.login(person.email, "a wrong password"), 401, "Invalid credentials.")
    answer = strict.login(person.email, "a wrong password")
    refusal(answer, 429)
    assert 0 < int(answer.headers["Retry-After"]) <= 30
    # The right password does not help now, and others are not touched.
    refusal(strict.login(person.email), 429)
    assert strict.login(other.email).status_code == 200


def test_failed_logins_of_an_account_count_across_addresses(strict):
    """Whoever has many addresses has no more guesses; the person goes on where they are known."""
    person = strict.person()
    for i in range(3):
        refusal(login_from(strict, f"192.0.2.{i}", person.email, "a wrong password"), 401)
    refusal(login_from(strict, "192.0.2.77", person.email, "a wrong password"), 429)
    refusal(login_from(strict, "192.0.2.78", person.email), 429)
    # Neither what they hold nor their own address is touched by strangers.
    assert refresh(strict, person.refresh_token).status_code == 200
    assert strict.login(person.email).status_code == 200
    assert strict.profile(person).status_code == 200


def test_an_address_that_nobody_has_is_limited_alike(strict):
    """Or else the limit would tell who is a customer."""
    email = f"{uuid.uuid4().hex}@example.com"
    for i in range(3):
        refusal(login_from(strict, f"192.0.2.{i}", email), 401, "Invalid credentials.")
    refusal(login_from(strict, "192.0.2.77", email), 429)


def test_invented_accounts_do_not_flush_the_counters(strict):
    """They share what they take, and take the same however many they are."""
    person = strict.person()
    for i in range(3):
        refusal(login_from(strict, f"192.0.2.{i}", person.email, "a wrong password"), 401)
    strict.system.forget_cache()

    def invent():
        own = Client(strict.system)
        for _ in range(15):
            assert login_from(own, "192.0.2.99", f"{uuid.uuid4().hex}@example.com").status_code == 401

    together([invent] * 4)
    refusal(login_from(strict, "192.0.2.77", person.email), 429)


def test_guesses_at_once_are_counted_too(strict):
    person = strict.person()
    answers = []
    together([lambda i=i: answers.append(login_from(
        Client(strict.system), f"192.0.2.{i}", person.email, "a wrong password").status_code)
        for i in range(24)])
    assert answers.count(401) == 3 and answers.count(429) == 21, answers


def test_right_logins_at_once_are_all_answered(strict):
    person = strict.person()
    answers = []
    together([lambda: answers.append(Client(strict.system).login(person.email).status_code)] * 20)
    assert answers == [200] * 20


def test_a_lockout_ends_and_grows(system_of):
    """The database's clock counts; here time passes by moving what it wrote."""
    system = system_of("real", {"RATE_FAILED_LOGINS": "3", "TRUSTED_PROXIES": "127.0.0.1"})
    client = Client(system)
    person = client.person()

    def wrong():
        return login_from(client, "192.0.2.1", person.email, "a wrong password")

    def wait():
        answer = login_from(client, "192.0.2.2", person.email)
        return int(answer.headers["Retry-After"]) if answer.status_code == 429 else 0

    def pass_time(seconds):
        system.database.change(
            f"UPDATE login_failures SET failed_at = failed_at - interval '{seconds} s'")

    for _ in range(3):
        refusal(wrong(), 401)
    for limit in (30, 60, 120, 240, 480, 900, 900):
        assert limit - 5 < wait() <= limit
        pass_time(limit)
        refusal(wrong(), 401)
    pass_time(900)
    assert wait() == 0


def test_failed_logins_are_counted_over_all_processes(system_of):
    """They share it in the database."""
    system = system_of("real", {"RATE_FAILED_LOGINS": "3"})
    second = system.add("user-credit-2", "user-credit")
    client = Client(system)
    person = client.person()
    for _ in range(2):
        refusal(client.login(person.email, "a wrong password"), 401)
    elsewhere = {"email": person.email, "password": "a wrong password"}
    answers = [requests.post(second.url + "/v1/auth/login", json=elsewhere, timeout=15)
               for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 429]
    refusal(client.login(person.email), 429)


def test_registrations_are_limited(strict):
    answers = []

    def register():
        own = Client(strict.system)
        for _ in range(12):
            answers.append(own.register(f"{uuid.uuid4().hex}@example.com"))

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200, 429}
    for answer in answers:
        if answer.status_code == 429:
            refusal(answer, 429)
            assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_requests_of_one_person_are_limited_and_of_nobody_else(system_of, kind):
    """By all their tokens together, whatever the address that the others have too."""
    client = Client(system_of(kind, {"RATE_PERSON_REQUESTS_PER_SECOND": "5"}))
    greedy, modest = client.person(), client.person()
    again = client.login(greedy.email).json()["access_token"]
    answers = []

    def limited():
        for token in (greedy.token, again):
            answers.append(client.post(
                "/v1/transactions", {"Authorization": f"Bearer {token}"},
                json={"userId": greedy.id, "amount": 1}))
        return answers[-1].status_code == 429

    until("a request is refused", limited, pause_s=0)
    refusal(answers[-1], 429, "Too many requests.")
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert client.profile(modest).status_code == 200
    assert client.spend_for(greedy.id, 1).status_code == 202
    until("requests are taken again", lambda: client.spend(greedy, 1).status_code == 202)


def test_requests_are_limited(system_of):
    client = Client(system_of("embedded", {"RATE_REQUESTS_PER_SECOND": "20"}))

    answers = []

    def limited():
        answers.append(client.get("/healthz"))
        return answers[-1].status_code == 429

    until("a request is refused", limited, pause_s=0)
    answer = answers[-1]
    refusal(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    until("requests are taken again", lambda: client.get("/healthz").status_code == 200)
