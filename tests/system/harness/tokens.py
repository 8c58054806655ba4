# SPDX-License-Identifier: Apache-2.0
"""Access tokens made by hand: as a forger would, and as ECS itself does."""
import base64
import hashlib
import hmac
import json
import time
import uuid

from .ecs import SECRET_KEY


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def make_claims(user_id, **changes):
    """The claims of a good token with some changed; None takes one out."""
    now = int(time.time())
    claims = {"sub": user_id, "email": "somebody@example.com", "exp": now + 600, "iat": now,
              "jti": str(uuid.uuid4()), "iss": "ecs", "aud": "ecs", **changes}
    return {name: value for name, value in claims.items() if value is not None}


def make_token(claims, header=None, secret=SECRET_KEY, digest=hashlib.sha256):
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    text = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
    if digest is None:
        return text + "."
    return f"{text}.{_encode(hmac.new(secret.encode(), text.encode(), digest).digest())}"
