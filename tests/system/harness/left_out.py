# SPDX-License-Identifier: Apache-2.0
"""Tests that ask `system` and yet are not for every kind of it: {file or test: why}."""

_AT_ONCE = "at once in one process; in the others within 2 s, as another test of logouts says"
FLEET = {
    "test_openapi.py": "each process describes itself, whatever stands before it",
    "test_a_zero_in_a_path": "nginx takes no such path: 400, in tests/deploy/test_gateway.py",
    "test_authorization_comes_before_the_body":
        "the gateway refuses a body that is too large before any role is asked who sent it",
    "test_logout_of_one_is_not_logout_of_another": _AT_ONCE,
    "test_a_logout_ends_all_that_was_issued_before_and_nothing_after": _AT_ONCE,
    "test_no_number_of_logouts_makes_another_forgotten": _AT_ONCE,
    "test_raw_requests_that_are_refused": "nginx reads the bytes: tests/deploy/test_gateway.py",
    "test_logins_hold_up_nothing_but_logins": "nginx refuses so many before a role sees them",
    "test_raw_requests_that_end_their_connection":
        "nginx reads the bytes: tests/deploy/test_gateway.py",
    "test_raw_requests_that_are_taken": "nginx reads the bytes: tests/deploy/test_gateway.py",
    "test_a_body_that_never_ends_is_dropped": "nginx waits for the body",
    "test_status_tells_servers_and_streams": "counts one process of each role",
    "test_many_half_requests_hold_up_nobody": "nginx waits for the rest",
}

_INSIDE = "looks inside: at tables, logs, or what the gateway does not show"
_SCORE = "needs a model that approves people of whom nothing is known"
_RATES = "asks faster than one address may"
DEPLOYED = {
    **FLEET,
    "test_database.py": _INSIDE,
    "test_transactions.py": _INSIDE,
    "test_operations.py": _INSIDE,
    "test_start.py": _INSIDE,
    "test_away.py": _INSIDE,
    "test_malformed.py": _RATES,
    "test_floods.py": _RATES,
    "test_a_transaction_with_all_its_fields_is_stored": _INSIDE,
    "test_an_event_id_belongs_to_its_person": _INSIDE,
    "test_a_trace_goes_from_the_request_to_the_worker": _INSIDE,
    "test_unset_nothing_is_made": _INSIDE,
    "test_the_list_is_not_empty": _INSIDE,
    "test_without_a_token": _INSIDE,
    "test_with_the_token_of_another": _INSIDE,
    "test_logout_revokes_everywhere_within_2_s": _INSIDE,
    "test_predict": _INSIDE,
    "test_an_approval": _SCORE,
    "test_an_analysis_repeated_returns_the_open_offer": _SCORE,
    "test_accept_and_accept_again": _SCORE,
    "test_offers_in_pages": _SCORE,
    "test_the_profile_has_the_current_line": _SCORE,
    "test_an_offer_of_somebody_else": _SCORE,
    "test_an_acceptance_names_its_person": _SCORE,
    "test_events_go_on_after_the_last_one_seen": _SCORE,
    "test_one_line_at_a_time": _SCORE,
}
