"""The command line of labels: the life of key epochs."""

import click
from flask import current_app
from flask.cli import with_appcontext

from core.act import HOUSE, transaction
from core.database.engine import db
from core.errors import Refusal
from labels.epochs import REVOKED, STATE_NAMES, VERIFY, change_epoch, new_epoch
from labels.models import KeyEpoch
from labels.press import press_of


@click.command("new-epoch")
@with_appcontext
def new_epoch_command() -> None:
    """Make a key epoch to issue labels from; the one before it only verifies from now on."""
    press = press_of(current_app.config["SETTINGS"])
    try:
        with transaction(db.session, HOUSE) as act:
            made = new_epoch(act, press)
    except Refusal as refusal:
        raise _told(refusal) from refusal
    _tell(made)
    click.echo(f"请把密钥另行备份 / back up the keys apart from the database: {press.folder}")


@click.command("key-epoch")
@click.argument("epoch", type=int)
@click.argument("state", type=click.Choice([VERIFY, REVOKED]))
@click.option("--reason", help="why; required for revoked")
@with_appcontext
def key_epoch_command(epoch: int, state: str, reason: str | None) -> None:
    """Let a key epoch only verify, or revoke it: all its labels then answer 'revoked'."""
    try:
        with transaction(db.session, HOUSE) as act:
            made = change_epoch(act, epoch, state, reason)
    except Refusal as refusal:
        raise _told(refusal) from refusal
    _tell(made)


def _tell(made: KeyEpoch) -> None:
    words = STATE_NAMES[made.state]
    click.echo(f"密钥期 {made.epoch}：{words.zh} / key epoch {made.epoch}: {words.en}")


def _told(refusal: Refusal) -> click.ClickException:
    return click.ClickException(f"{refusal.detail.zh} / {refusal.detail.en}")
