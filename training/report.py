"""The scorecard as a text for a person: the same figures as scorecard.json, and nothing that is not in it."""

from typing import Any

TITLES = {
    "validation": "Validation (chosen by it)",
    "test": "Test (artists unseen)",
    "external-tuning": "External, the half for tuning",
    "external-test": "External, the half only reported",
    "external": "External (other collections)",
    "external_unseen": "External, artists unseen",
}


def markdown(card: dict[str, Any]) -> str:
    """The text of a scorecard as `evaluate` writes it."""
    parts: dict[str, Any] = card["parts"]
    run = card["run"]
    lines = [
        f"# Scorecard: recipe {run['recipe']['name']}, {len(card['genres'])} genres",
        "",
        f"{card['dataset']['trained_on']:,} pictures to train on. Temperature {card['temperature']:.3f}, fitted on validation.",
        "In brackets: 95 % bootstrap intervals over artists. ECE: expected calibration error, before and after the temperature,",
        "and by chance: what so few pictures show on average even where every confidence is exactly right.",
        "",
        "| | pictures | artists | accuracy | balanced accuracy | macro-F1 | ECE before | after | by chance |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {TITLES[name]} | {part['pictures']:,} | {part['groups']:,} | {_interval(part['accuracy'])} "
            f"| {_interval(part['balanced_accuracy'])} | {_interval(part['macro_f1'])} "
            f"| {' | '.join(format(part['calibration_error'][name], '.3f') for name in ('before', 'after', 'by_chance'))} |"
            for name, part in parts.items()
        ),
        "",
        *_against(card),
        "## How far an answer can be trusted",
        "",
        "An answer is called certain from a confidence on. So many of the pictures get a certain answer, and so many of these are right:",
        "",
        "| | certain from | share of the pictures | accuracy of these |",
        "|---|---|---|---|",
        *(
            f"| {TITLES[name]} | {row['from']:.2f} | {row['coverage']:.0%} | {_share(row['accuracy'])} |"
            for name, row in ((name, part["certain"]) for name, part in parts.items())
        ),
        "",
    ]
    for name, part in parts.items():
        lines += _genres(TITLES[name], part)
    return "\n".join(lines + _protocols(card)) + "\n"


def _against(card: dict[str, Any]) -> list[str]:
    before = card.get("against")
    if before is None:
        return []
    return [
        f"## Beside version {before['version']}, on the same pictures",
        "",
        "| | accuracy before | now | balanced accuracy before | now |",
        "|---|---|---|---|---|",
        *(
            f"| {TITLES[name]} | {row['accuracy']:.3f} | {card['parts'][name]['accuracy']['value']:.3f} "
            f"| {row['balanced_accuracy']:.3f} | {card['parts'][name]['balanced_accuracy']['value']:.3f} |"
            for name, row in before["parts"].items()
        ),
        "",
    ]


def _genres(title: str, part: dict[str, Any]) -> list[str]:
    return [
        f"## {title}: by genre",
        "",
        "| genre | pictures | precision | recall | F1 |",
        "|---|---|---|---|---|",
        *(
            f"| {genre} | {row['pictures']} | {_interval(row['precision'])} | {_interval(row['recall'])} | {row['f1']:.2f} |"
            for genre, row in part["genres"].items()
        ),
        "",
    ]


def _protocols(card: dict[str, Any]) -> list[str]:
    protocols = card.get("protocols")
    if protocols is None:
        return []
    skew = protocols["skew"]
    return [
        "## What the way of measuring makes of the same model",
        "",
        "The paper's head on frozen features, trained alike; only the split differs:",
        "",
        "| split | accuracy |",
        "|---|---|",
        f"| the paper's: two unseeded splits in the same folders, most validation pictures trained on | {protocols['leaky']:.3f} |",
        f"| random: each picture on one side, an artist's others on the other | {protocols['random']:.3f} |",
        f"| by artist, as everywhere else here | {protocols['artist']:.3f} |",
        *(
            f"| the same head on pictures from other collections | {share:.3f} |"
            for share in [protocols.get("external")]
            if share is not None
        ),
        "",
        "The paper trains on [0, 1] and serves [-1, 1]. On the artist-disjoint test:",
        "",
        "| | accuracy | cost in points |",
        "|---|---|---|",
        f"| frozen head, trained and served on [0, 1] | {skew['same']:.3f} | |",
        f"| frozen head, trained on [0, 1], served [-1, 1] | {skew['skewed']:.3f} | {100 * (skew['same'] - skew['skewed']):.1f} |",
        f"| this model, served as trained | {skew['model']:.3f} | |",
        f"| this model, served [0, 1] | {skew['model_skewed']:.3f} | {100 * (skew['model'] - skew['model_skewed']):.1f} |",
        "",
    ]


def _interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.2f} to {figure['high']:.2f})"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
