from io import SEEK_CUR, SEEK_END, BytesIO

from hypothesis import given
from hypothesis import strategies as st

from gateway.picture.decode import Pieces

SPANS = [(1, 4), (4, 5), (9, 20)]
DATA = bytes(range(30))


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("read"), st.integers(-1, 20)), st.tuples(st.just("seek"), st.integers(0, 25)), st.tuples(st.just("tell"))
        )
    )
)
def test_pieces_are_read_as_one_file(calls):
    pieces, file = Pieces(memoryview(DATA), SPANS), BytesIO(b"".join(DATA[start:end] for start, end in SPANS))
    for name, *arguments in calls:
        assert getattr(pieces, name)(*arguments) == getattr(file, name)(*arguments)


def test_seeks_from_all_three_places():
    pieces = Pieces(DATA, SPANS)
    assert [pieces.seek(2), pieces.seek(3, SEEK_CUR), pieces.seek(-1, SEEK_END), pieces.read()] == [2, 5, 14, b"\x13"]
    assert Pieces(DATA, []).read() == b""
