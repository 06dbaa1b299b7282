"""The command line of labels: the life of key epochs, and certificates of analysis."""

from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from core.act import HOUSE, transaction
from core.database.engine import db
from core.errors import Refusal
from labels.analysis_pdf import Checked, CheckError, check
from labels.analysis_words import conclusion_words, standing_words
from labels.epochs import REVOKED, STATE_NAMES, VERIFY, change_epoch, new_epoch
from labels.keys import KeyKeepingError
from labels.models import KeyEpoch
from labels.press import press_of
from labels.reach_index import rebuild
from labels.report_key import new_report_key, public_key, report_keys


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


@click.command("new-report-key")
@with_appcontext
def new_report_key_command() -> None:
    """Make the key that signs certificates of analysis; an older one still verifies."""
    folder = press_of(current_app.config["SETTINGS"]).folder
    try:
        with transaction(db.session, HOUSE) as act:
            made = new_report_key(act, folder)
    except KeyKeepingError as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"报告签名密钥 {made.public.key} / report key {made.public.key}")
    click.echo(f"公钥 / public key: {made.public.hex}")
    click.echo(f"请把密钥另行备份 / back up the keys apart from the database: {folder}")


@click.command("rebuild-reach")
@with_appcontext
def rebuild_reach_command() -> None:
    """Make the index of what went into what anew; it also does so by itself where it must."""
    links = rebuild(db.engine, current_app.config["SETTINGS"].reach)
    click.echo(f"谱系索引已重建，{links} 条 / index of links made anew, {links} of them")


@click.command("check-report")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "given", help="公钥的 64 位十六进制 / the public key, 64 hexadecimal digits")
@with_appcontext
def check_report_command(file: Path, given: str | None) -> None:
    """Verify a certificate of analysis without any network, by the house's keys or a given one.

    Ends with 0 where signature and pages agree, 1 where the signature does not stand, 2 where it
    stands and the pages are not those that were drawn from what was signed.
    """
    try:
        folder = press_of(current_app.config["SETTINGS"]).folder
        keys = [public_key(given)] if given else [one.public for one in report_keys(folder)]
        found = check(file.read_bytes(), keys)
    except ValueError as problem:
        said = f"{problem.zh} / {problem.en}" if isinstance(problem, CheckError) else str(problem)
        raise click.ClickException(said) from problem
    except KeyKeepingError as problem:
        raise click.ClickException(str(problem)) from problem
    for line in _told_of_report(found):
        click.echo(line)
    if not found.same_pages:
        raise click.exceptions.Exit(2)


def _told_of_report(found: Checked) -> Iterator[str]:
    report = found.analysis
    yield f"签名正确 / the signature is right: {found.key}"
    yield f"SHA-256 {found.digest}"
    yield f"{report.laboratory.name} {report.number}，{report.reported_on}"
    yield f"{report.subject.party.name}，{report.subject.product.zh} {report.subject.batch}".rstrip()
    for one in report.conclusions:
        yield f"  {one.standard}：{conclusion_words(one).zh}"
    yield from filter(None, standing_words(report))
    if found.same_pages:
        yield "页面和所签内容一致 / the pages say what was signed"
    else:
        yield (
            "文件另存过，或由另一版软件印出：请只信上面的内容，不看页面 / saved anew or printed by "
            "another version: trust what stands above, not the pages"
        )
    yield "现状请扫二维码 / scan the QR code for how it stands now"


def _tell(made: KeyEpoch) -> None:
    words = STATE_NAMES[made.state]
    click.echo(f"密钥期 {made.epoch}：{words.zh} / key epoch {made.epoch}: {words.en}")


def _told(refusal: Refusal) -> click.ClickException:
    return click.ClickException(f"{refusal.detail.zh} / {refusal.detail.en}")
