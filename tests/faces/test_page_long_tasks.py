"""Many pictures keep the page smooth: by a trace of what a person does with them, no task of its main thread takes long."""

import argparse

from benchmarks.page_trace import measure, served

MANY = 120
LONG_MS = 100


def test_no_task_takes_long_with_many_pictures(browser, picture, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(MANY):
        (folder / f"picture-{number:04}.jpg").write_bytes(picture(64, 48, seed=number))
    with served(argparse.Namespace(address=None, stub=True)) as address:
        told, trace = measure(browser, address, [folder], MANY)
    assert told["count"] == f"{MANY} of {MANY} answered"
    assert told["lines of the csv"] == f"{MANY + 1}"
    assert told["restored"].endswith(f"nowhere else: {MANY}.")
    # Only tiles near what is seen are drawn.
    assert int(told["tiles in the document"]) < 60
    # Of the processor: on the clock a task is also as long as the machine lets it wait.
    tasks = trace.tasks()
    assert tasks
    assert [task for task in tasks if task.processor > LONG_MS] == []
