"""What leaves the page for other programs: the model's guess and the person's verdict are never taken for each other."""

import json

import pytest
from page_actions import expect_answered, judge, saved, saved_rows
from playwright.sync_api import Page, expect
from told_answers import NO_PAINTING, told

ANSWERS = {
    "agreed.jpg": told("Realism", 0.8),
    "other.jpg": told("Abstract", 0.6),
    "none.jpg": told("Abstract", 0.55),
    "unsure.jpg": told("Symbolism", 0.5),
    "open.jpg": told("Primitivism", 0.4),
    "chart.jpg": told("Realism", 0.9, NO_PAINTING),
    "odd.jpg": told("Abstract", 0.9, NO_PAINTING),
}
KEYS = {"agreed.jpg": "y", "other.jpg": "6", "none.jpg": "n", "unsure.jpg": "u", "odd.jpg": "y"}
GIVEN = {"agreed.jpg": "Realism", "other.jpg": "Romanticism", "odd.jpg": "Abstract"}


@pytest.fixture
def page(answered) -> Page:
    page = answered(ANSWERS)
    for name in ("agreed.jpg", "none.jpg"):
        judge(page, name, KEYS[name])
    page.get_by_label("Your name").fill("Ida Ayu")
    for name in ("other.jpg", "unsure.jpg", "odd.jpg"):
        judge(page, name, KEYS[name])
    return page


def test_a_genre_is_stated_where_a_person_gave_it_and_each_annotation_has_its_own_agent_and_time(page):
    rows = {row["file"]: row for row in json.loads(saved(page, "Answers as JSON"))}
    graph = json.loads(saved(page, "Linked data (JSON-LD)"))["@graph"]
    pictures = {node["name"]: node for node in graph if node["@type"] != "oa:Annotation"}
    assert set(pictures) == set(ANSWERS)
    assert {name: node["genre"]["name"] for name, node in pictures.items() if "genre" in node} == GIVEN
    assert {name for name, node in pictures.items() if node["@type"] == "VisualArtwork"} == set(GIVEN)
    assert pictures["other.jpg"]["genre"]["@id"] == "http://vocab.getty.edu/aat/300172863"
    by = {(kind, node["oa:hasTarget"]["@id"]): node for node in graph if (kind := node.get("dcterms:creator", {}).get("@type"))}
    for name, row in rows.items():
        model = by["SoftwareApplication", pictures[name]["@id"]]
        assert model["dcterms:creator"] == {"@type": "SoftwareApplication", "name": "painting_genre", "softwareVersion": "3"}
        assert model["dcterms:created"]["@value"] == row["time"]
        figures = {entry["name"]: entry["value"] for entry in model["additionalProperty"]}
        assert (figures["model genre"]["name"], figures["confidence"]) == (row["genre"], row["confidence"])
        # What may be no painting is said to be of no genre, by the model neither.
        classified = [body["name"] for body in model["oa:hasBody"] if body["@type"] == "DefinedTerm"]
        assert classified == ([] if row["typicality"] == NO_PAINTING else [row["genre"]])
        person = by.get(("Person", pictures[name]["@id"]))
        assert bool(person) == (name in KEYS)
        if person:
            assert person["dcterms:created"]["@value"] == row["judged_at"]
            assert person["dcterms:creator"].get("name") == row["judged_by"]
            assert [body.get("name", body.get("rdf:value")) for body in person["oa:hasBody"]] == [row["verdict"]]
    assert {name: row["judged_by"] for name, row in rows.items() if row["judged_by"]} == dict.fromkeys(
        ("other.jpg", "unsure.jpg", "odd.jpg"), "Ida Ayu"
    )
    listed = json.loads(saved(page, "IIIF annotation list"))
    assert (listed["@context"], listed["@type"]) == ("http://iiif.io/api/presentation/2/context.json", "sc:AnnotationList")
    resources = listed["resources"]
    assert len({one["@id"] for one in resources}) == len(resources) == len(ANSWERS) + len(KEYS)
    for name, row in rows.items():
        about = {one["annotatedBy"]["@type"]: one for one in resources if one["on"] == f"urn:ragam:file:{name}"}
        assert about["prov:SoftwareAgent"]["annotatedAt"] == row["time"]
        if name not in KEYS:
            assert list(about) == ["prov:SoftwareAgent"]
            continue
        person = about["foaf:Person"]
        assert (person["annotatedAt"], person["annotatedBy"].get("name")) == (row["judged_at"], row["judged_by"])
        tags = [resource["label"] for resource in person["resource"] if resource["@type"] == "oa:Tag"]
        assert tags == ([GIVEN[name]] if name in GIVEN else [])
        assert person["motivation"] == ("oa:classifying" if tags else "oa:assessing")
    # What is shown changes no annotation's name.
    page.get_by_label("Search by name or note").fill("open")
    [alone] = json.loads(saved(page, "IIIF annotation list"))["resources"]
    assert alone in resources


def test_the_time_and_the_judge_are_kept_and_go_with_the_verdict(visit, page):
    before = {row["file"]: row for row in saved_rows(page)}
    assert list(before["open.jpg"])[-2:] == ["judged_at", "judged_by"]
    assert (before["open.jpg"]["judged_at"], before["agreed.jpg"]["judged_by"]) == ("", "")
    assert before["agreed.jpg"]["time"] <= before["agreed.jpg"]["judged_at"] <= before["odd.jpg"]["judged_at"]
    judge(page, "agreed.jpg", "n")
    assert {row["file"]: row for row in saved_rows(page)}["agreed.jpg"]["judged_by"] == "Ida Ayu"
    page.get_by_role("button", name="Undo").click()
    assert {row["file"]: row for row in saved_rows(page)} == before
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    other = visit()
    other.set_input_files("#session-file", download.value.path())
    expect_answered(other, len(ANSWERS))
    assert {row["file"]: row for row in saved_rows(other)} == before
    # The name is the person's, in this browser: another has none, and here it is there again.
    expect(other.get_by_label("Your name")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("Ida Ayu")
