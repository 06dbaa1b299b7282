"""Passports a second, status read from the database each time, against bare Flask 'ok'."""

from flask import Flask

from bench.clock import in_turns, say
from bench.house import new_house
from bench.ready import labelled_batch

MANY = 100


def main() -> None:
    """Run and print."""
    app, people = new_house()
    path = labelled_batch(people)
    bare = Flask("bare")
    bare.add_url_rule("/ok", "ok", lambda: "ok")
    ours, reference = app.test_client(), bare.test_client()
    assert ours.get(path).status_code == 200

    def scan() -> None:
        for _ in range(MANY):
            ours.get(path)

    def ok() -> None:
        for _ in range(MANY):
            reference.get("/ok")

    rows = in_turns({"bare Flask 'ok'": ok, "passport": scan}, 3)
    say("passports (in process, SQLite on a file)", rows, "pages", MANY, "passport")


if __name__ == "__main__":
    main()
