"""The folders of a hand: what a killed one has left is nobody's."""

from pathlib import Path

from runbell.runners.hand.folders import Folders


def test_what_a_killed_hand_of_the_same_process_id_left_is_not_the_next_ones(tmp_path: Path) -> None:
    killed, home = Folders(), str(tmp_path / "2031-04-07" / "one")
    killed.open(home)
    (Path(killed.private()) / "params.json").write_text("old")
    (Path(killed.output) / "half.csv").write_text("old")
    again = Folders()  # in this process: its id is the same, as it is when a container begins to count anew
    again.open(home)
    private = Path(again.private())
    assert [*private.iterdir(), *Path(again.output).iterdir()] == []
    again.clear()
    again.close()
    assert not Path(again.output).exists()
