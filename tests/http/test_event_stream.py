"""An event over several lines is still one event."""

from runbell.http.event_stream import event


def test_each_line_of_data_goes_out_as_a_line_of_its_own() -> None:
    assert event("result", b'{"a":1}', "4") == b'event: result\nid: 4\ndata: {"a":1}\n\n'
    assert event("result", b'{\n"a":\r\n1}\n', "4") == b'event: result\nid: 4\ndata: {\ndata: "a":\ndata: 1}\n\n'
