"""A card and a data sheet tell of records, and the same on the page, as Markdown and as JSON."""

import html
import json
import re

import pytest
from markdown_it import MarkdownIt

from annotations.agreement.permissions import agreement_policy
from tests.factories import make_run, make_version, metrics
from tests.training.cards.records import MANIFEST, data_facts, fairness
from training.models import CardNote, FairnessReport

pytestmark = pytest.mark.django_db
_SIGNS = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


@pytest.fixture
def version():
    version = make_version(champion=True)
    type(version).objects.filter(pk=version.pk).update(manifest=MANIFEST)
    return version


@pytest.fixture
def run(version, boss):
    flags = [
        {"kind": "below_baseline", "subject": "AU12", "severity": "warning", "message": "Worse."}
    ]
    calibration = {"emotion": {"before": 0.12, "after": 0.03}}
    config = {"recipe": "default", "trunk": "vgg16", "folds": 5}
    run = make_run(
        status="succeeded", version=version, requested_by=boss, config=config,
        dataset_sha256="d" * 64, data_facts=data_facts().to_json(),
        metrics=metrics(flags=flags, calibration=calibration, cross_validated=True),
    )  # fmt: skip
    FairnessReport.objects.create(run=run, groups=fairness().to_json())
    return run


def text_of(answer) -> str:
    """The words of a page's main part."""
    main = answer.content.decode().split('class="sheet"')[1].split("</main>")[0]
    main = re.sub(r"<(svg|form)\b.*?</\1>", " ", main, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", main))


def addresses(version, run) -> dict[str, str]:
    return {
        f"/models/{version.pk}/card": f"/api/v1/models/{version.pk}/card/",
        f"/training/{run.pk}/datasheet": f"/api/v1/training-runs/{run.pk}/datasheet/",
    }


def words_in(value) -> set[str]:
    """All that a JSON value says, with its numbers as a page rounds them."""
    if isinstance(value, dict):
        return set().union(*map(words_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(words_in, value)) if value else set()
    if isinstance(value, float | int):
        return {f"{value:.2f}", f"{100 * value:.0f}", f"{value:,}", f"{value:g}"}
    return set(_SIGNS.findall(str(value)))


def test_a_card_tells_the_prior_within_and_what_training_gained(as_user, ada, version, run):
    prior = {"source": "the network of fer", "licence": "MIT", "weights_sha256": "e" * 64}
    manifest = MANIFEST | {"extra": {"prior": prior}}
    type(version).objects.filter(pk=version.pk).update(manifest=manifest)
    text = text_of(as_user(ada).get(f"/models/{version.pk}/card/"))
    for words in ("the network of fer", "e" * 64, "trained on FER-2013", "Not measured."):
        assert words in text
    beside = {"value": 0.5, "low": 0.4, "high": 0.6}
    gain = {"value": 0.31, "low": 0.21, "high": 0.41}
    readers = {"prior": {"accuracy": beside, "accuracy_gain": gain}}
    run.metrics |= {"yardstick": {"majority_class": "negative", "readers": readers}}
    run.save(update_fields=["metrics"])
    text = text_of(as_user(ada).get(f"/models/{version.pk}/card/"))
    assert "the expression prior, zero-shot" in text
    assert "0.31 (0.21 to 0.41)" in text
    assert "Average precision" in text


def test_every_number_of_the_page_is_in_both_downloads_and_the_api(as_user, ada, version, run):
    CardNote.objects.create(version=version, author=ada, text="Asked 31 people.")
    client = as_user(ada)
    for place, api in addresses(version, run).items():
        told = client.get(f"{place}.json").json()
        assert client.get(api).json() == told
        page = set(_SIGNS.findall(text_of(client.get(f"{place}/"))))
        assert len(page) > 40
        marked = client.get(f"{place}.md").content.decode().replace("\\", "")
        # The page's dates are in words, as in Markdown; JSON's are ISO 8601.
        dates = set(re.findall(r"\d+ \w{3} \d{4}, \d\d:\d\d", text_of(client.get(f"{place}/"))))
        of_dates = {sign for date in dates for sign in _SIGNS.findall(date)}
        assert not page - set(_SIGNS.findall(marked))
        assert not page - words_in(told) - of_dates


def test_a_card_says_what_its_records_know(as_user, ada, version, run):
    text = " ".join(text_of(as_user(ada).get(f"/models/{version.pk}/card/")).split())
    for words in (
        "Not for real faces: 54 of the 54 pictures are drawings of nobody",
        "the labels of 50 of 54 faces came in as CK+, whose expressions were posed",
        "Not tried on colour pictures",
        "Not for AU12: read worse",
        "Not for AU11 without more data",
        "all subjects have the same ethnicity" ,
        "Subjects whose consent is on record not recorded",
        "Combinations of tags that a single subject has (Sweeney 2002) 1 of 2 (50 %)",
        "Subjects whose ethnicity is recorded 0 of 13",
        "Smallest group by gender male: 14 faces of 1 subject",
        "Of those by several, coders differ on for reviewers and admins",
        "People’s agreement on emotion (Cohen’s κ) for reviewers and admins",
        "the import “CK+” (50 faces), 3 people (4 faces)",
        "Emotion labels in doubt 8 of 54",
        "AU11 too few to say",
        "380 gaps between a group and all others were looked at",
        "more than 5 points below",
        "female 82 % 0.80 0.60 40 12 37 %",
        "AU12 0.47 (0.31 to 0.66)",
        "Gender and age group",
        "female, 18-29 82 % (74 to 91) 0.80 (0.70 to 0.90) 29 9 none would be",
        "male, 18-29 too few to say",
        "male too few to say",
        "People who may promote it (admins) 1",
        "A test needs one.",
        "AU12 0.62",
        "keras 3.15.1",
        "The figures rest on 13 subjects",
    ):  # fmt: skip
        assert words in text, words


def test_who_may_see_agreement_reads_it_on_cards_too_and_nobody_else(
    as_user, ada, ben, boss, version, run
):
    words = {
        "Of those by several, coders differ on 5 of 21 (24 %)",
        "People’s agreement on emotion (Cohen’s κ) 0.71 (0.52 to 0.88)",
        "People’s agreement on action units (Cohen’s κ) too few to say",
    }
    for user in (ada, ben, boss):
        client, may = as_user(user), agreement_policy.allows(user, "see")
        assert may == (user != ada)
        for place, api in addresses(version, run).items():
            text = " ".join(text_of(client.get(f"{place}/")).split())
            assert {said for said in words if said in text} == (words if may else set())
            for address in (f"{place}.json", f"{place}.md", api):
                assert ("0.71" in client.get(address).content.decode()) == may


def test_what_no_record_knows_is_said_to_be_so(as_user, ada):
    bare = make_version("VGG16-bare")
    told = as_user(ada).get(f"/models/{bare.pk}/card.json").json()
    facts = {f["key"]: f for part in told["sections"] for f in part["facts"]}
    assert facts["seed"] == {
        "key": "seed", "label": "Random seed", "value": None, "text": "not recorded",
    }  # fmt: skip
    old = make_run(status="succeeded", version=bare, metrics=metrics())
    client = as_user(ada)
    for place in addresses(bare, old):
        assert "not recorded" in text_of(client.get(f"{place}/"))
        assert client.get(f"{place}.md").status_code == 200
    misuse = json.dumps(client.get(f"/models/{bare.pk}/card.json").json())
    assert "pictures are drawings of nobody" not in misuse
    assert "an expression is not a feeling" in misuse


def test_only_a_finished_training_has_a_data_sheet(as_user, ada):
    run = make_run(status="failed")
    for end in ("/", ".md", ".json"):
        assert as_user(ada).get(f"/training/{run.pk}/datasheet{end}").status_code == 404
    assert as_user(ada).get(f"/api/v1/training-runs/{run.pk}/datasheet/").status_code == 404


HOSTILE = "x](javascript:alert(1)) | <b>bold</b> ![p](//e.x/p.png) `c` https://e.x www.e.x a@e.x"


def test_names_are_text_in_markdown(as_user, ada, ben, version, run):
    type(run).objects.filter(pk=run.pk).update(data_facts=data_facts(name=HOSTILE).to_json())
    as_user(ben).post(
        f"/models/{version.pk}/card/notes/", {"text": f"# Big\n1. {HOSTILE}\n---\n| a | b |\n> q"}
    )
    client = as_user(ada)
    for place in addresses(version, run):
        marked = client.get(f"{place}.md").content.decode()
        rendered = MarkdownIt("gfm-like", {"linkify": False}).render(marked)
        for tag in ("<a ", "<img", "<b>", "<code", "<pre", "<hr", "<h1>Big", "<ol"):
            assert tag not in rendered, tag
        assert HOSTILE in html.unescape(rendered)
        assert not re.search(r"(?<!\\)(://|\bwww\.|@)", marked)
        rows = re.findall(r"<tr>(.*?)</tr>", rendered, re.DOTALL)
        assert {row.count("<td>") for row in rows if "import" in row} == {2}


def test_pages_ask_a_constant_number_of_queries(
    as_user, ada, version, run, django_assert_num_queries
):
    client = as_user(ada)
    with django_assert_num_queries(13):
        client.get(f"/models/{version.pk}/card/")
    for number in range(5):
        CardNote.objects.create(version=version, author=ada, text=str(number))
    with django_assert_num_queries(13):
        client.get(f"/models/{version.pk}/card/")
    with django_assert_num_queries(8):
        client.get(f"/training/{run.pk}/datasheet/")
