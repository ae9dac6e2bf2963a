"""`import_ckplus` and `import_labels` as a person runs them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Coder, Coding, Face
from facsweb.audit.selectors import entries

pytestmark = pytest.mark.django_db

STEM = "S005_001_00000011"


def run(*arguments, **options) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_import_ckplus_tells_what_it_did_and_that_a_second_time_did_nothing(ck):
    ck.add(STEM, "9 1\n", "3")
    ck.add("S006_001_00000001")
    out, err = run("import_ckplus", ck.root)
    assert out == (
        "Created 1 face and 1 coding; 0 unchanged, 1 skipped for want of a label, 0 errors.\n"
    )
    assert err == ""
    made = entries().filter(action="import.made_by_command").get()
    assert (made.actor, made.told) == (None, {"faces": 1, "codings": 1})
    out, _ = run("import_ckplus", ck.root)
    assert out.startswith("Nothing changed: these labels are known already.")


def test_bad_rows_are_listed_good_ones_imported_and_the_exit_code_is_1(labels, capsys):
    labels.image()
    labels.write(f"{STEM}.png,positive,0,1", "S006.png,positive,0,1", f"{STEM}.png,0")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="2 errors") as stopped:
        call_command("import_labels", str(labels.file), stdout=out, stderr=err)
    assert stopped.value.returncode == 1
    assert "data_labels.csv:3: filepath: Missing image" in err.getvalue()
    assert "data_labels.csv:4: line: Malformed line" in err.getvalue()
    assert out.getvalue().startswith("Created 1 face and 1 coding")
    assert Face.objects.count() == 1


def test_import_labels_takes_a_root_and_a_coder(labels, tmp_path):
    labels.image()
    moved = labels.write(f"{STEM}.png,positive,0,1").rename(tmp_path / "moved.csv")
    run("import_labels", moved, "--root", labels.root, "--coder", "lab")
    assert Coder.objects.get().name == "lab"


def test_a_dry_run_says_so_and_writes_nothing(labels, state):
    labels.image()
    before = state()
    out, _ = run("import_labels", labels.write(f"{STEM}.png,positive,0,1"), "--dry-run")
    assert out.startswith("Dry run, nothing written: would create 1 face and 1 coding")
    assert state() == before


@pytest.mark.parametrize("command", ["import_ckplus", "import_labels"])
def test_a_wrong_path_is_a_plain_error(command, tmp_path):
    with pytest.raises(CommandError):
        run(command, tmp_path / "nowhere")


def test_a_second_coders_file_stands_beside_and_says_whose_truths_it_would_change(labels):
    labels.image()
    run("import_labels", labels.write(f"{STEM}.png,positive,0,1"), "--coder", "ada")
    other = labels.write(f"{STEM}.png,negative,0,1")
    out, _ = run("import_labels", other, "--coder", "ben")
    assert "These labels say otherwise than 1 truth of “ada”" in out
    assert Coding.objects.get(is_accepted=True).coder.name == "ada"
    out, _ = run("import_labels", other, "--coder", "ben", "--replace-truth", "--dry-run")
    assert out.startswith("Changes 1 truth of “ada”.\nDry run, nothing written")
    assert Coding.objects.get(is_accepted=True).coder.name == "ada"
    out, _ = run("import_labels", other, "--coder", "ben", "--replace-truth")
    assert out.startswith("Changes 1 truth of “ada”.\n")
    assert Coding.objects.get(is_accepted=True).coder.name == "ben"
    assert Coding.objects.count() == 2


def test_two_files_of_nobody_are_not_one_coders(labels):
    labels.image()
    run("import_labels", labels.write(f"{STEM}.png,positive,0,1"))
    out, _ = run("import_labels", labels.write(f"{STEM}.png,negative,0,1"))
    assert "“data_labels.csv” has said otherwise of some of these faces" in out
    names = Coding.objects.order_by("pk").values_list("coder__name", "is_accepted")
    assert list(names) == [("data_labels.csv", True), ("data_labels.csv (2)", False)]
    out, _ = run("import_labels", labels.file)
    assert "Nothing changed" in out


def test_ckplus_labels_may_be_another_coders(ck):
    ck.add(STEM, "9 1\n", "3")
    run("import_ckplus", ck.root, "--coder", "ada")
    assert Coder.objects.get().name == "ada"


def test_an_unread_column_that_looks_like_a_units_is_named(labels):
    labels.image()
    table = labels.write(f"{STEM}.png,positive,1,2.1", header="filepath,emotion,AU1,AU12_r")
    table.write_text(table.read_text().replace("positive", "happy"))
    out, _ = run("import_labels", table)
    assert "'AU12_r' looks like an action unit's and was not read" in out


def test_pictures_without_labels_come_in_when_asked(labels):
    labels.image()
    labels.image("anna/x.png", 90)
    out, _ = run("import_labels", labels.write(f"{STEM}.png,positive,1,0"), "--unlabelled")
    assert "Created 2 faces and 1 coding; 0 unchanged, 0 skipped" in out
    assert set(Face.objects.values_list("subject__code", "source_name")) == {
        ("S005", f"{STEM}.png"), ("anna", "x.png"),
    }  # fmt: skip
