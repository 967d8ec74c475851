"""The tests' own engine, where it cannot be had."""

import engine
import pytest


def test_a_step_that_takes_too_long_or_fails_is_told_in_a_sentence():
    slow, failing = (("sleep", "600"), 1, "`sleep 600 ...` was not done within 1 s"), (("false",), 60, "false ended with exit code 1")
    for command, seconds, reason in (slow, failing):
        with pytest.raises(engine.NoEngine, match=reason), engine._told(engine.NO_IMAGE):
            engine._run(*command, timeout=seconds)
