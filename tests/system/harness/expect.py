# SPDX-License-Identifier: Apache-2.0
"""What every refusal must look like."""


def refusal(answer, status, detail=None):
    """`answer` refuses with this status and text, in the shape of RFC 9457."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-ID"]
    body = answer.json()
    assert body["status"] == status
    for name in ("type", "title", "instance"):
        assert isinstance(body[name], str) and body[name], name
    if detail is not None:
        assert body["detail"] == detail
    return body


def field_refusal(answer, *loc):
    """`answer` is a 422 that names the field at `loc`."""
    body = refusal(answer, 422)
    assert body["detail"], "a 422 without a field"
    for error in body["detail"]:
        assert set(error) == {"type", "loc", "msg", "input"}, error
        assert isinstance(error["type"], str) and isinstance(error["msg"], str)
    assert list(loc) in [error["loc"] for error in body["detail"]], body["detail"]
    return body
