"""The house's command line: `flask --app wsgi house …`."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import create_engine

from core.act import HOUSE, transaction
from core.database.base import Base
from core.database.engine import db
from core.database.roles import grant_service, service_role
from core.errors import Refusal
from core.identity.commands import first_admin
from core.settings import Settings
from desks.prepare import prepare_sample
from labels.commands import (
    check_report_command,
    key_epoch_command,
    new_epoch_command,
    new_report_key_command,
    rebuild_reach_command,
)
from products.commands import told
from trace.inspections.rejudge import renew_catalogue

ROOT = Path(__file__).resolve().parent.parent
house = AppGroup("house", help="Prepare and look after the house.")
house.add_command(new_epoch_command)
house.add_command(key_epoch_command)
house.add_command(new_report_key_command)
house.add_command(check_report_command)
house.add_command(rebuild_reach_command)


def install_commands(app: Flask) -> None:
    """Add our commands to `flask`."""
    app.cli.add_command(house)


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` (newer or older)."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def migrate_house(settings: Settings) -> None:
    """The newest revision; on PostgreSQL the serving role then gets its rights."""
    migrate(settings.migrate_url)
    role = service_role(settings.migrate_url, settings.database_url)
    if role is None:
        return
    engine = create_engine(settings.migrate_url)
    evidence = [t.name for t in Base.metadata.sorted_tables if t.info.get("append_only")]
    with engine.begin() as connection:
        grant_service(connection, role, evidence)
    engine.dispose()


@house.command("load-catalogue")
def load_catalogue_command() -> None:
    """Load the built-in catalogue; what people have edited stays, what changed is judged again."""
    with transaction(db.session, HOUSE) as act:
        changes = renew_catalogue(act)
    for line in told(changes):
        click.echo(line)


@house.command("migrate")
@click.option("--to", default="head", show_default=True, help="the revision to reach")
def migrate_command(to: str) -> None:
    """Bring the database to the newest revision."""
    settings: Settings = current_app.config["SETTINGS"]
    if to == "head":
        migrate_house(settings)
    else:
        migrate(settings.migrate_url, to)


@house.command("prepare")
def prepare_command() -> None:
    """Migrate, load the catalogue and, in the sample mode, make the sample and print ways in."""
    settings: Settings = current_app.config["SETTINGS"]
    migrate_house(settings)
    with transaction(db.session, HOUSE) as act:
        changes = renew_catalogue(act)
    for line in told(changes):
        click.echo(line)
    if not settings.sample:
        click.echo(_NO_SAMPLE)
        return
    try:
        for line in prepare_sample(db.session, settings):
            click.echo(line)
    except Refusal as refusal:
        raise _told(refusal) from refusal


_NO_SAMPLE = """正式运行不建示例数据。接下来 / production makes no sample. What comes next:
  flask --app wsgi house first-admin --help   主管部门的第一个帐号 / the authority's first account
  flask --app wsgi house new-epoch            第一个标签密钥 / the first label key
  flask --app wsgi house new-report-key       检验报告的签名密钥 / the key that signs reports
  granian --interface wsgi --factory wsgi:create_app   提供服务 / serve"""


@house.command("first-admin")
@click.option("--party", required=True, help="主管部门的名称 / name of the authority")
@click.option("--credit-code", required=True, help="它的统一社会信用代码 / its credit code")
@click.option("--login", default="admin", show_default=True, help="登录名 / login")
@click.option("--name", default="管理员", show_default=True, help="姓名 / name of the person")
def first_admin_command(party: str, credit_code: str, login: str, name: str) -> None:
    """Print a one-time link for the first admin, or for one who lost the password."""
    settings: Settings = current_app.config["SETTINGS"]
    try:
        path = first_admin(
            db.session, party_name=party, credit_code=credit_code, login=login, name=name
        )
    except Refusal as refusal:
        raise _told(refusal) from refusal
    click.echo("一次性链接，30 分钟内有效，打开后设密码 / one-time link, valid 30 minutes:")
    click.echo(settings.label_origin + path)


def _told(refusal: Refusal) -> click.ClickException:
    return click.ClickException(f"{refusal.detail.zh} / {refusal.detail.en}")
