"""Whatever is done to the audit behind its back is found, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from facsweb.audit import anchor, chain, triggers
from facsweb.audit.models import AuditEntry, AuditHead, WaitingEntry
from facsweb.audit.selectors import entries
from facsweb.audit.services import record, record_looks
from facsweb.audit.verify import verify
from facsweb.problems import AppendOnly

pytestmark = pytest.mark.django_db
COLUMNS = (
    "number, at, action, actor, actor_name, about, about_id, details, address, previous, digest"
)


@pytest.fixture
def audit(ada) -> None:
    """Five entries, and the anchor of the last."""
    for number in range(1, 6):
        record("thing.done", ada, f"thing:{number}", {"number": number})
    chain.add_waiting()
    head = AuditHead.objects.get()
    anchor.keep(anchor.Anchor(head.number, head.digest, head.seal))
    assert verify().holds


def run(*statements: str) -> None:
    """Do what the owner of the database can do."""
    triggers.drop(connection)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    triggers.lock_tables()


def last() -> int:
    return AuditEntry.objects.latest("number").number


def recomputed(numbers) -> None:
    """Make the digests from there on anew, as whoever knows how they are made can."""
    triggers.drop(connection)
    for number in numbers:
        entry = AuditEntry.objects.get(number=number)
        before = AuditEntry.objects.filter(number__lt=number).order_by("number").last()
        previous = before.digest if before else "0" * 64
        digest = chain.digest_of(entry, number, previous)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE audit_auditentry SET previous = %s, digest = %s WHERE number = %s",
                [previous, digest, number],
            )
    triggers.lock_tables()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE audit_auditentry SET actor_name = 'eve' WHERE number = 3", "Entry 3"),
        ("UPDATE audit_auditentry SET details = '{}' WHERE number = 3", "Entry 3"),
        ("UPDATE audit_auditentry SET about_id = 9 WHERE number = 3", "Entry 3"),
        ("UPDATE audit_auditentry SET at = '2020-01-01 00:00:00+00:00' WHERE number = 3",
         "Entry 3"),
        ("DELETE FROM audit_auditentry WHERE number = 3", "Entry 3 is missing."),
        ("DELETE FROM audit_auditentry WHERE number IN (1, 2, 3)",
         "Entry 1 is missing, and so is all up to 3."),
    ],
)  # fmt: skip
def test_changed_and_removed_entries_are_named(audit, statement, told):
    run(statement)
    verdict = verify()
    assert not verdict.holds
    assert verdict.problems[0].startswith(told)


def test_reordered_entries_are_found(audit):
    run(
        "UPDATE audit_auditentry SET number = 1000 WHERE number = 2",
        "UPDATE audit_auditentry SET number = 2 WHERE number = 3",
        "UPDATE audit_auditentry SET number = 3 WHERE number = 1000",
    )
    assert verify().problems[0].startswith("Entry 2 ")


def test_inserted_entry_is_found(audit):
    """At the end, where it breaks no other, and in the middle, where the numbers make room."""
    point = transaction.savepoint()
    end = last() + 1
    run(
        f"INSERT INTO audit_auditentry ({COLUMNS}) SELECT {end}, at, action, actor, actor_name, "
        f"about, about_id, details, address, digest, digest FROM audit_auditentry "
        f"WHERE number = {end - 1}"
    )
    recomputed([end])
    assert verify().problems[0].startswith(f"Entry {end} and all after it")
    transaction.savepoint_rollback(point)
    run(
        "UPDATE audit_auditentry SET number = number + 1000 WHERE number > 3",
        f"INSERT INTO audit_auditentry ({COLUMNS}) SELECT 4, at, action, actor, actor_name, "
        "about, about_id, details, address, digest, digest FROM audit_auditentry "
        "WHERE number = 3",
        "UPDATE audit_auditentry SET number = number - 999 WHERE number > 1000",
    )
    recomputed([4])
    assert verify().problems[0].startswith("Entry 5 ")


def test_cut_end_is_found_by_the_head_and_by_the_anchor(audit):
    end = last()
    run(f"DELETE FROM audit_auditentry WHERE number = {end}")
    assert f"Entries {end} to {end} are missing" in verify().problems[0]
    before = AuditEntry.objects.get(number=end - 1)
    run(f"UPDATE audit_audithead SET number = {end - 1}, digest = '{before.digest}'")
    assert f"Entries {end} to {end} are missing" in verify().problems[0]
    anchor.start_again()
    assert "wasn't sealed" in verify().problems[0]
    with pytest.raises(CommandError, match=f"Entries {end} to {end} are missing"):
        call_command("verify_audit", expect=f"{end}:{'a' * 64}")


def test_chain_that_was_computed_anew_is_found_by_its_seal(audit):
    """By who has the database, the code and the anchor's file, but not SECRET_KEY."""
    anchor.start_again()
    end = last()
    mark = AuditEntry.objects.get(number=2).digest
    run("UPDATE audit_auditentry SET actor_name = 'eve' WHERE number = 2")
    recomputed(range(2, end + 1))
    run(f"UPDATE audit_audithead SET digest = '{AuditEntry.objects.get(number=end).digest}'")
    assert "wasn't sealed by this SECRET_KEY" in verify().problems[0]
    assert "Entry 2 isn't the one that was known" in verify((2, mark)).problems[0]


def test_rewriting_up_to_the_anchor_is_found_even_with_the_key(audit):
    end = last()
    run("UPDATE audit_auditentry SET actor_name = 'eve' WHERE number = 2")
    recomputed(range(2, end + 1))
    digest = AuditEntry.objects.get(number=end).digest
    run(f"UPDATE audit_audithead SET digest = '{digest}', seal = '{chain.seal_of(end, digest)}'")
    assert f"Entry {end} isn't the one that was known" in verify().problems[0]


def test_dropped_triggers_and_a_spoilt_anchor_are_told(audit):
    triggers.drop(connection)
    assert "its triggers are gone" in verify().problems[0]
    triggers.lock_tables()
    anchor.path().write_text("nothing")
    assert "holds no anchor" in verify().problems[0]


def test_key_that_was_changed_with_a_fallback_still_fits(audit, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert verify().holds
    settings.SECRET_KEY_FALLBACKS = []
    assert not verify().holds


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditentry SET action = 'a.b'", "DELETE FROM audit_auditentry"],
)
def test_database_refuses_to_change_an_entry(audit, statement):
    with (
        pytest.raises(DatabaseError, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_postgresql_refuses_to_truncate(audit):
    if connection.vendor != "postgresql":
        return  # SQLite has no such statement
    with (
        pytest.raises(DatabaseError, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE audit_auditentry")


def test_orm_refuses_to_change_an_entry(audit):
    entry = AuditEntry.objects.get(number=2)
    for act in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(action="a.b"),
    ):
        with pytest.raises(AppendOnly):
            act()


def test_what_is_rolled_back_is_not_recorded(ada):
    with pytest.raises(RuntimeError), transaction.atomic():
        record("thing.undone", ada)
        raise RuntimeError
    assert not entries().filter(action="thing.undone").exists()


def test_entry_outlives_the_account(ada):
    record("thing.done", ada, ada)
    pk = ada.pk
    ada.delete()
    entry = entries().get(action="thing.done")
    assert (entry.actor, entry.actor_name, entry.about, entry.about_id) == (pk, "ada", "user", pk)


def test_first_look_of_the_day_is_kept_once(ada, ben):
    assert record_looks("face.seen", ada, "face", [3, 1, 3]) == [1, 3]
    assert record_looks("face.seen", ada, "face", [1, 2, 3]) == [2]
    assert record_looks("face.seen", ben, "face", [1]) == [1]
    assert entries().filter(action="face.seen").count() == 4


@pytest.mark.parametrize(
    ("action", "about", "details", "told"),
    [
        ("nodot", None, {}, "no action"),
        ("a.b", "S001", {}, "no kind of thing"),
        ("a.b", "subject:S001", {}, "no kind of thing"),
        ("a.b", None, {"long": "x" * 30_000}, "too long"),
        ("a.b", None, {"number": float("nan")}, "JSON"),
    ],
)
def test_odd_entries_are_refused(ada, action, about, details, told):
    with pytest.raises(ValueError, match=told):
        record(action, ada, about, details)


@pytest.fixture
def shared_database(transactional_db, tmp_path):
    """A database that several connections write at once, which SQLite's in memory refuses."""
    if connection.vendor != "sqlite":
        yield
        return
    path, known = tmp_path / "shared.sqlite3", connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    connection.settings_dict["NAME"] = str(path)  # for connections that are yet to be opened
    yield
    connection.settings_dict["NAME"] = known


def in_threads(work, count: int) -> list:
    """What `work` returned in each of some threads that ran at once."""

    def alone(_: int):
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(alone, range(count)))


def test_many_at_once_leave_no_gap(shared_database):
    """Some by themselves, some in a transaction that ends, some in one that is undone."""

    def write() -> None:
        for number in range(6):
            record("thing.done", about=f"thing:{number}")
            with transaction.atomic():
                record("thing.kept")
            with contextlib.suppress(ZeroDivisionError), transaction.atomic():
                record("thing.undone")
                raise ZeroDivisionError

    def read() -> tuple:
        done = AuditEntry.objects.values_list("action", flat=True)
        return sorted(done), WaitingEntry.objects.count(), verify(), anchor.kept()

    in_threads(write, 4)
    [(done, waiting, verdict, kept)] = in_threads(read, 1)
    assert done == ["thing.done"] * 24 + ["thing.kept"] * 24
    assert waiting == 0
    assert verdict.holds, verdict.problems
    assert (kept.number, kept.digest) == (48, verdict.digest)
