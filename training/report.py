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

# What the temperature is fitted on.
FITTED_ON = {"validation": "validation", "external-tuning": "external pictures for tuning"}


def markdown(card: dict[str, Any]) -> str:
    """The text of a scorecard as `evaluate` writes it."""
    parts: dict[str, Any] = card["parts"]
    run = card["run"]
    lines = [
        f"# Scorecard: recipe {run['recipe']['name']}, {len(card['genres'])} genres",
        "",
        f"{card['dataset']['trained_on']:,} pictures to train on. Temperature {card['temperature']:.3f}, fitted on the",
        f"{' and the '.join(named for name, named in FITTED_ON.items() if name in parts)}.",
        "In brackets: 95% bootstrap intervals over artists. ECE: expected calibration error, before and after the temperature,",
        "and by chance: what so few pictures show on average even where every confidence is exactly right.",
        *_without_artist(card),
        "",
        "| | pictures | artists | accuracy | balanced accuracy | macro-F1 | ECE before | after | by chance |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {TITLES[name]} | {part['pictures']:,} | {part['groups']:,} | {shown(part['accuracy'])} "
            f"| {shown(part['balanced_accuracy'])} | {shown(part['macro_f1'])} "
            f"| {' | '.join(format(part['calibration_error'][name], '.3f') for name in ('before', 'after', 'by_chance'))} |"
            for name, part in parts.items()
        ),
        "",
        *_chosen_by(card),
        *_against(card),
        "## How far an answer can be trusted",
        "",
        "The model calls an answer certain by itself, from a score on that differs by genre, and never of what looks like no painting.",
        "So many of the answers are certain, and so many of these are right:",
        "",
        "| | certain | share of the pictures | right of these |",
        "|---|---|---|---|",
        *(
            f"| {TITLES[name]} | {row['answers']} | {row['coverage']:.0%} | {shown(row['accuracy']) if row['accuracy'] else '-'} |"
            for name, row in ((name, part["certain"]) for name, part in parts.items())
        ),
        "",
        *_certain_genres(parts),
        *_trust(card),
    ]
    for name, part in parts.items():
        lines += _genres(TITLES[name], part)
    return "\n".join(lines + _protocols(card)) + "\n"


def _chosen_by(card: dict[str, Any]) -> list[str]:
    chosen, run = card.get("chosen_by"), card["run"]
    if chosen is None:
        return []
    return [
        "## The run that chose it",
        "",
        "All other figures are this model's own, of external pictures: it has learned from the artists of validation and test, too, so",
        "that its figures there would say nothing. Recipe and epochs were chosen by a run without these artists, of seed",
        f"{chosen['seed']}, with {chosen['trained_on']:,} pictures to train on and {chosen['picture_steps']:,} picture-steps, which kept",
        f"{chosen['shares']['chosen']:.0%} of the trained weights and the rest of the start's. The share of this model,",
        f"{run['shares']['chosen']:.0%}, was chosen by the external pictures for tuning. That run's figures:",
        "",
        "| | accuracy | balanced accuracy |",
        "|---|---|---|",
        *(f"| {TITLES[name]} | {shown(part['accuracy'])} | {shown(part['balanced_accuracy'])} |" for name, part in chosen["parts"].items()),
        "",
        *_against(chosen, level="###"),
    ]


def sentences(card: dict[str, Any]) -> list[str]:
    """The two figures of each part that one looks for first."""
    figures = {name: (shown(part["accuracy"]), shown(part["balanced_accuracy"])) for name, part in card["parts"].items()}
    return [f"{name:16} accuracy {accuracy}, mean recall {recall}" for name, (accuracy, recall) in figures.items()]


def _without_artist(card: dict[str, Any]) -> list[str]:
    count = card["dataset"].get("without_artist", 0)
    if not count:
        return []
    return [f"{count:,} of the pictures name no artist: these artists' works can be on two sides, and the figures flatter."]


def _certain_genres(parts: dict[str, Any]) -> list[str]:
    """Of the parts that decide nothing."""
    lines = []
    for name in (name for name in ("test", "external-test") if name in parts):
        lines += [
            f"{TITLES[name]}, by the genre told:",
            "",
            "| genre | told | certain | right of these |",
            "|---|---|---|---|",
            *(
                f"| {genre} | {row['told']} | {row['certain']} | {row['accuracy']:.0%} |"
                for genre, row in parts[name]["certain"]["genres"].items()
            ),
            "",
        ]
    return lines


def _trust(card: dict[str, Any]) -> list[str]:
    trust = card.get("trust")
    if trust is None:
        return []
    elsewhere = " in other collections" if "external" in card["parts"] else ""
    rows = [(name, found) for name in ("drawn", "photographs") if (found := trust["typicality"].get(name))]
    return [
        f"What users are told to expect of an answer, from artists not learned from{elsewhere}:",
        "",
        "| answer | of so many | right |",
        "|---|---|---|",
        *(f"| {kind} | {row['answers']} | {row['right']:.0%} |" for kind, row in trust["expected_accuracy"].items()),
        "",
        "A picture is flagged, as looking like no painting, where its typicality is below 0.05:",
        "",
        "| | pictures | flagged |",
        "|---|---|---|",
        *(f"| {TITLES[name]} | {row['pictures']} | {row['flagged']:.1%} |" for name, row in trust["typicality"]["paintings"].items()),
        *(f"| {name}, held out | {row['pictures']} | {row['flagged']:.1%} |" for name, row in rows),
        "",
    ]


def _against(card: dict[str, Any], level: str = "##") -> list[str]:
    before = card.get("against")
    if before is None:
        return []
    return [
        f"{level} Beside version {before['version']}, on the same pictures",
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
            f"| {genre} | {row['pictures']} | {shown(row['precision'])} | {shown(row['recall'])} | {row['f1']:.2f} |"
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


def shown(figure: dict[str, float]) -> str:
    """A figure with its interval."""
    return f"{figure['value']:.3f} ({figure['low']:.2f} to {figure['high']:.2f})"
