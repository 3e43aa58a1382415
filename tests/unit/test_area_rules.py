"""Rules sort areas into classes; the first that fits counts."""

import numpy as np
import pytest
import shapely

from gis.errors import InvalidInputError
from services.partition.area_rules import AreaRule, built_in_rules, class_of_areas, parse_rules
from services.partition.spec import PlanSpec, read_band


def classes(rules, areas):
    """Class of areas given as (kind, name, households a km²), each of one km²."""
    kinds, names, density = zip(*areas, strict=True)
    shapes = np.array([shapely.box(0, 0, 1000, 1000)] * len(areas))
    return class_of_areas(
        rules, kinds=kinds, names=names, households=np.array(density, dtype=float), shapes=shapes
    ).tolist()


def test_first_rule_that_fits_counts():
    rules = parse_rules(
        [
            {"name": "*村|*屯", "density_below": 500},
            {"kinds": ["group"], "divide": "natural_village"},
            {"density_from": 2000, "target": 400},
        ]
    )
    areas = [("village", "李村", 100), ("village", "李村", 900), ("group", "x", 10), ("village", "x", 2000)]
    assert classes(rules, areas) == [0, -1, 1, 2]


def test_built_in_rules_tell_town_from_country():
    rules = built_in_rules()["urban_rural"]
    areas = [
        ("village", "东门社区", 100),
        ("village", "王家村", 5000),
        ("group", "一", 900),
        ("village", "X", 50),
        ("village", "Y", 900),
    ]
    divided = [rules[c].divide for c in classes(rules, areas)]
    assert divided == ["household", "natural_village", "natural_village", "natural_village", "household"]


@pytest.mark.parametrize(
    "rule",
    [AreaRule(target=0), AreaRule(tolerance=0.0), AreaRule(band=(400, 500)), AreaRule(band=(200, 100), target=150)],
)
def test_rules_that_cannot_be_meant_are_refused(rule):
    with pytest.raises(InvalidInputError):
        PlanSpec(rules=(rule,)).check()


@pytest.mark.parametrize("bad", [{"a": 1}, [{"divide": "cell"}], [{"colour": 1}], [3], "urban"])
def test_json_that_holds_no_rules_is_refused(bad):
    with pytest.raises(InvalidInputError):
        parse_rules(bad)


@pytest.mark.parametrize("bad", ["", "300", "a-b", "300-", "5-5", "-3-9", "1-inf"])
def test_words_that_are_no_band_are_refused(bad):
    with pytest.raises(InvalidInputError):
        read_band(bad)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"target": 10**22}, "target"), ({"target": None, "grids": 10**22}, "target"), ({"seed": 2**70}, "seed")],
)
def test_numbers_beyond_all_counting_are_refused(wrong, field):
    with pytest.raises(InvalidInputError) as refused:
        PlanSpec(**wrong).check()
    assert refused.value.fields["field"] == field
