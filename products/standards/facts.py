"""What the record keeps of standards, editions and requirements."""

from products.standards.models import Edition, Requirement, Standard


def standard_facts(row: Standard) -> dict[str, object]:
    """A standard."""
    return {
        "number": row.number,
        "title": row.title,
        "title_en": row.title_en,
        "level": row.level,
        "stages": list(row.stages),
        "certainty": row.certainty,
        "source": row.source,
        "version": row.version,
        **({"owner": row.owner_id} if row.owner_id else {}),
    }


def edition_facts(row: Edition) -> dict[str, object]:
    """An edition with its days in force."""
    return {
        "standard": row.standard.number,
        "designation": row.designation,
        "starts": row.starts,
        "ends": row.ends,
        "status": row.status,
        "certainty": row.certainty,
        "note": row.note,
        "evidence": row.evidence_id,
        "version": row.version,
    }


def requirement_facts(row: Requirement) -> dict[str, object]:
    """One revision of a limit, whole."""
    return {
        "code": row.code,
        "revision": row.revision,
        "edition": row.clause.edition.designation,
        "clause": row.clause.number,
        "product": row.product_id,
        "characteristic": row.characteristic.name,
        "stage": row.stage,
        "about": row.subject,
        "scope": row.scope,
        "bound": row.bound,
        "unit": row.unit,
        "method": row.method,
        "nature": row.nature,
        "certainty": row.certainty,
        "enforce": row.enforce,
        "sources": list(row.sources),
        "reason": row.reason,
        "evidence": row.evidence_id,
    }
