"""Plots, approvals and a yield cap of this year, entered as the two parties do it."""

from typing import Any

from tests.api.test_main_job import TEA, TODAY
from tests.people import Person


def approved_plot(
    cooperative: Person, authority: Person, number: str = "A-1", mu: str = "2"
) -> dict[str, Any]:
    """A plot of the cooperative that the authority approved for this year."""
    plot = cooperative.made(
        "/plots",
        json={
            "product": TEA, "number": number, "name": f"示例地块 {number}", "area_mu": mu,
            "township": "430121110",
        },
    )  # fmt: skip
    authority.made(f"/plots/{plot['id']}/approvals", json={"year": TODAY.year, "source": "示例"})
    return plot


def capped(authority: Person, kilograms: str = "60", form: str = "鲜叶") -> None:
    """The yield cap of this year, in kilograms a 亩."""
    authority.made(
        f"/products/{TEA}/yield-caps",
        json={
            "year": TODAY.year, "form": form, "quantity": kilograms, "unit": "公斤",
            "source": "示例：测试用",
        },
    )  # fmt: skip
