"""The variables whose names begin with RAGAM_: whose they are, and which name nothing."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

PREFIX = "RAGAM_"

# Those of other parts of the project, with default and meaning: they may be there where a gateway starts.
OF_SERVE = {
    "RAGAM_MODEL_BASE_PATH": ("model_repository/painting_genre", "Folder of the model's versions."),
    "RAGAM_MODEL_CONFIG_FILE": ("", "... or a `models.config` in its place, with versions by label."),
}
OF_OTHERS = {
    "RAGAM_API_KEY": ("", "For the command `ragam`: the key that it sends."),
    "RAGAM_SHARED": ("../shared", "For the tests: folder of paintings that may not be published."),
}

# What Kubernetes tells of a Service ragam or ragam-..., but for RAGAM_PORT, where a pod does not set enableServiceLinks: false.
_OF_KUBERNETES = re.compile(
    r"RAGAM_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)=.*|RAGAM_\w+_PORT=(tcp|udp|sctp)://.*"
)

# difflib's ratio of two names, from which one is taken for a misspelling of the other.
_LIKENESS = 0.84


def unknown_variables(environ: Mapping[str, str], settings: Iterable[str]) -> list[str]:
    """A sentence for each variable of `environ` that is neither one of `settings` nor anybody else's, and not empty."""
    here = [*settings, *OF_SERVE]
    sentences = []
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in (*here, *OF_OTHERS) or not value.strip() or _OF_KUBERNETES.fullmatch(f"{name}={value}"):
            continue
        close = get_close_matches(name, here, 1, _LIKENESS)
        sentences.append(f"{name} is no setting: " + (f"did you mean {close[0]}?" if close else "docs/settings.md lists them all."))
    return sentences
