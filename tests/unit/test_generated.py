"""What `make generate` writes is committed as it writes it."""

from __future__ import annotations

import pytest

from tools import generate

GENERATED = generate.generated()


@pytest.mark.parametrize("path", GENERATED)
def test_it_is_up_to_date(path: str) -> None:
    """After a change of a property or a setting, run `make generate`."""
    assert (generate.ROOT / path).read_text("utf-8") == GENERATED[path]


@pytest.mark.parametrize("path", generate.REGIONS)
def test_every_region_is_there(path: str) -> None:
    """Or something would silently not be generated."""
    assert sorted(generate.regions_in(path)) == sorted(generate.REGIONS[path])
