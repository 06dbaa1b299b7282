"""Asking for the PIN of a collector's card: counted and committed before it is looked at."""

from core.act import transaction
from core.database.engine import db
from core.http.acting import current_actor
from core.identity import passwords
from core.identity.proving import password_memory
from trace.transfers.cards import CardAttempt, count_pin, pin_right, wrong_pin


def proved_card(typed: str, pin: str) -> CardAttempt:
    """An attempt whose PIN is right, for the one act that follows.

    What is refused afterwards for another reason counts as no wrong PIN. Raises Invalid at /card or
    /pin, Conflict where the card was revoked or is shut for a while.
    """
    actor = current_actor()
    with transaction(db.session, actor) as act:
        attempt = count_pin(act, typed)
    if not passwords.matches(attempt.pin_hash, pin, password_memory()):
        raise wrong_pin()
    with transaction(db.session, actor) as act:
        pin_right(act, attempt)
    return attempt
