"""Many pictures keep the page smooth: by a trace of what a person does with them, no task of its main thread takes long."""

import argparse

from benchmarks.page_trace import made, measure, served

LONG_MS = 100


def test_no_task_takes_long_with_two_hundred_pictures(browser, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    paths = made(folder, 200)
    with served(argparse.Namespace(address=None, stub=True)) as address:
        told, trace = measure(browser, address, [folder], len(paths))
    assert told["count"] == "200 of 200 answered"
    assert told["lines of the csv"] == "201"
    assert told["restored"].endswith("nowhere else: 200.")
    # Only tiles near what is seen are drawn.
    assert int(told["tiles in the document"]) < 60
    # Of the processor: on the clock a task is also as long as the machine lets it wait.
    tasks = trace.tasks()
    assert tasks
    assert [task for task in tasks if task.processor > LONG_MS] == []
