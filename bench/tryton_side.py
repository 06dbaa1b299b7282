"""Tryton's side of the bench: runs in Tryton's own environment, told by lines how many to do.

    python tryton_side.py FOLDER

A control of 12 points (two yes/no, ten numbers with tolerances); each inspection is made, filled in
and processed by proteus, Tryton's client, in the same process. Answers `ready`, then `done` a line.
"""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from proteus import Model, Wizard, config

POINTS = 12
WORDS = 2


def main() -> None:
    """Make the database, then work until the lines end."""
    folder = Path(sys.argv[1])
    settings = folder / "trytond.conf"
    settings.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n", encoding="utf-8")
    (folder / "bench.sqlite").touch()
    password = folder / "password"
    password.write_text("bench-password-1\n", encoding="utf-8")
    subprocess.run(
        [Path(sys.executable).parent / "trytond-admin", "-c", settings, "-d", "bench", "--all",
         "--email", "bench@example.org"],
        env={"TRYTONPASSFILE": str(password), "PATH": ""}, check=True, capture_output=True,
    )  # fmt: skip
    config.set_trytond("sqlite:///bench", config_file=str(settings))
    _activate()
    control = _control()
    print("ready", flush=True)
    for line in sys.stdin:
        for _ in range(int(line)):
            _inspect(control)
        print("done", flush=True)


def _activate() -> None:
    module = Model.get("ir.module")
    module.click(module.find([("name", "=", "quality")]), "activate")
    Wizard("ir.module.activate_upgrade").execute("upgrade")
    party = Model.get("party.party")(name="Bench")
    party.save()
    currency = Model.get("currency.currency")(
        name="Euro", code="EUR", numeric_code="978", symbol="€", rounding=Decimal("0.01"), digits=2
    )
    currency.save()
    company = Model.get("company.company")(party=party, currency=currency)
    company.save()
    user_model = Model.get("res.user")
    [user] = user_model.find([("login", "=", "admin")])
    user.companies.append(company)
    user.company = company
    user.save()
    current = config.get_config()
    current._context = user_model.get_preferences(True, {})


def _control() -> object:
    control = Model.get("quality.control")(name="Twelve points")
    for place in range(POINTS):
        point = control.points.new()
        point.string = f"Point {place}"
        if place < WORDS:
            point.type_ = "boolean"
        else:
            point.type_ = "float"
            point.tolerance_lower, point.tolerance_upper = 0, 50
    control.save()
    return control


def _inspect(control: object) -> None:
    inspection = Model.get("quality.inspection")()
    inspection.control = control
    values = {name: 5.8 for name in inspection.points}
    inspection.points = values | dict.fromkeys(list(values)[:WORDS], True)
    inspection.click("process")
    if inspection.state != "passed":
        raise RuntimeError(inspection.state)


if __name__ == "__main__":
    main()
