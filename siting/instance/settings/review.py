"""Who reviews the sites."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from siting.instance.settings.section import Means, Section


class Review(Section):
    """Who decides on the sites; nothing here changes a plan."""

    departments: Annotated[
        tuple[str, ...],
        Means(
            "Departments that must each approve a site; empty: one verdict of whomever",
            "须逐一同意的审查部门；为空时一份意见即可",
        ),
    ] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [department.strip() for department in self.departments]
        if "" in named or len(set(named)) < len(named):
            raise ValueError("departments must each have a name of their own")
        return self
