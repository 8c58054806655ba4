# SPDX-License-Identifier: Apache-2.0
"""People by the thousand: put into the database, where registration would hash a password each."""
import uuid

from .client import PASSWORD, Person
from .tokens import make_claims, make_token


def people_made(count):
    """People with tokens who are in no database yet."""
    people = []
    for _ in range(count):
        user_id = str(uuid.uuid4())
        email = f"canary-{uuid.uuid4().hex[:12]}@example.com"
        token = make_token(make_claims(user_id, email=email))
        people.append(Person(user_id, email, PASSWORD,
                             {"access_token": token, "refresh_token": None}))
    return people


def people_added(system, count):
    """New people. An embedded system must not be running: it owns its database."""
    people = people_made(count)
    system.database.add_people(people)
    return people
