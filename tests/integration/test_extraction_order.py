"""The lake's states do not depend on the order in which exports arrive."""

from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.extract.outcome import Extraction

deals = st.dictionaries(
    st.sampled_from(["D1", "D2", "D3", "D4"]), st.sampled_from([10, 20, "wrong"]), max_size=4
)


def _states(crm_type, exports, order, *, mode) -> tuple[list[dict[str, int]], list[Extraction]]:
    with TemporaryDirectory() as name:
        crm = crm_type(folder=Path(name) / "company", more={"guards": {"max_vanished_share": 1.0}})
        crm.opportunities["mode"] = mode
        crm.land("users.csv", "U1,Ada", header="user,name")
        told = []
        for place in order:
            crm.land_deals(place + 1, **exports[place])
            told.append(crm.extract())
        return crm.states(*range(1, len(exports) + 1)), told


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(exports=st.lists(deals, min_size=2, max_size=4), data=st.data())
def test_snapshots_fold_alike_in_every_order_of_arrival(crm, exports, data):
    order = data.draw(st.sampled_from(list(permutations(range(len(exports))))))
    expected = _replayed(exports)

    states, told = _states(type(crm), exports, order, mode="snapshot")

    assert states == expected
    assert all(file.counts.balances for extraction in told for file in extraction.files)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(exports=st.lists(deals, min_size=2, max_size=3), data=st.data())
def test_increments_fold_alike_in_every_order_of_arrival(crm, exports, data):
    order = data.draw(st.sampled_from(list(permutations(range(len(exports))))))
    in_order, _ = _states(type(crm), exports, range(len(exports)), mode="incremental")
    shuffled, _ = _states(type(crm), exports, order, mode="incremental")

    assert shuffled == in_order


def _replayed(exports) -> list[dict[str, int]]:
    """The states by definition: a snapshot is the state; a quarantined key keeps its last one."""
    states, state = [], {}
    for export in exports:
        kept = {key: state[key] for key in state if export.get(key) == "wrong"}
        good = {key: amount for key, amount in export.items() if amount != "wrong"}
        state = dict(sorted({**kept, **good}.items()))
        states.append(state)
    return states
