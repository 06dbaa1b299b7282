"""Secrets that are told once: put into the answer after it was kept for a repeat.

What `@writes` keeps for 400 days is the answer without the secret, so that no token and no link
lies in the database. Who lost the first answer makes a new one.
"""

from collections.abc import Callable

from flask import Response, after_this_request, json


def instead(shown: Callable[[], Response]) -> None:
    """Answer with `shown()` where the write succeeded; the view's own answer is what is kept."""

    def put(answer: Response) -> Response:
        return shown() if answer.status_code < 400 else answer

    after_this_request(put)


def in_json(**secrets: str) -> None:
    """Put `secrets` into the JSON object that answers the present request, where it succeeded."""

    def put(answer: Response) -> Response:
        if answer.status_code < 400:
            answer.set_data(json.dumps({**answer.get_json(), **secrets}))
        return answer

    after_this_request(put)
