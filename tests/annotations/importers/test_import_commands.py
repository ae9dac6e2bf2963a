"""`import_ckplus` and `import_labels` as a person runs them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Coder, Face

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
