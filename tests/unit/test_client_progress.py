import io

from ragam.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_in_a_terminal():
    terminal = Terminal()
    progress = Progress(10, 4, terminal)
    assert "4/10" in terminal.getvalue()
    for _ in range(6):
        progress.advance(2)
    progress._bar.refresh()
    assert "10/10" in terminal.getvalue()
    assert "2 failed" in terminal.getvalue()
    progress.close()


def test_nothing_elsewhere(capsys):
    file = io.StringIO()
    progress = Progress(10, 0, file)
    progress.advance(1)
    progress.print("line")
    progress.close()
    assert file.getvalue() == ""
    assert capsys.readouterr() == ("line\n", "")
