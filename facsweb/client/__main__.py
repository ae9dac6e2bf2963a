"""`python -m facsweb.client`: the API from the command line.

Exit code 0: all went well; 1: something was refused, and refused.csv says what; 2: nothing could be
done, and one line says why.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from pathlib import Path

from tqdm import tqdm

from facsweb.client.client import Client, Json
from facsweb.client.errors import ClientError
from facsweb.client.tables import pictures_below, write_refused
from facsweb.client.upload import upload

_IMPORT_OPTIONS = ("min_confidence", "several_faces", "unlabelled", "replace_truth", "dry_run")
_FORMATS = ("facsweb", "data_labels", "ckplus", "openface", "parquet")


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    token = given.token or os.environ.get("FACSWEB_TOKEN", "")
    try:
        with Client(given.url, token, insecure=given.insecure) as client:
            return int(given.do(client, given))
    except ClientError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 2


def _upload(client: Client, given: argparse.Namespace) -> int:
    pictures = pictures_below(given.folder, given.labels)
    if not pictures:
        raise ClientError(f"There is no PNG or JPEG below {given.folder}.")
    outcome = upload(
        client, pictures, batch=given.batch, parallel=given.parallel, predict=given.predict
    )
    print(
        f"{outcome.created} created, {outcome.unchanged} unchanged, {len(outcome.refused)} refused"
    )
    if not outcome.refused:
        return 0
    write_refused(given.refused, outcome.refused)
    print(f"What was refused, and why: {given.refused}", file=sys.stderr)
    return 1


def _import(client: Client, given: argparse.Namespace) -> int:
    if not given.file.is_file():
        raise ClientError(f"There is no file {given.file}.")
    options = {name: getattr(given, name) for name in _IMPORT_OPTIONS}
    sent = client.import_file(given.file, coder=given.coder, **options)
    run = _followed(client, "imports", sent)
    listed = {"first_refusals", "not_read"}
    print(json.dumps({name: v for name, v in run["report"].items() if name not in listed}))
    if given.dry_run:
        print("A dry run: nothing was written.", file=sys.stderr)
    for left in run["report"].get("not_read", []):
        print(f"Not read: {left['count']} × {left['what']}", file=sys.stderr)
    rows = client.refused_rows(run)
    if rows is None:
        return 0
    given.refused.write_bytes(rows)
    print(f"What was refused, and why: {given.refused}", file=sys.stderr)
    return 1


def _export(client: Client, given: argparse.Namespace) -> int:
    run = client.export(
        given.format,
        images=given.images,
        anonymous=given.anonymous,
        deidentify=given.deidentify,
    )
    client.download(_followed(client, "exports", run), given.file)
    print(given.file)
    return 0


def _followed(client: Client, kind: str, run: Json) -> Json:
    with tqdm(unit="row") as bar:
        for now in client.wait(kind, run):
            bar.set_description(now["stage"] or now["status"])
            bar.total = now["total"] or None
            bar.n = now["done"]
            bar.refresh()
            run = now
    return run


def _faces(client: Client, given: argparse.Namespace) -> int:
    filters = dict(part.partition("=")[::2] for part in given.filters)
    for face in client.faces(**filters):
        print(json.dumps(face))
    return 0


def _me(client: Client, given: argparse.Namespace) -> int:
    print(json.dumps(client.me(), indent=2))
    return 0


def _login(client: Client, given: argparse.Namespace) -> int:
    print(client.sign_in(given.username, getpass.getpass(), name=given.name))
    return 0


def _from_0_to_1(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not within 0 and 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m facsweb.client", description=__doc__)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--url", default=os.environ.get("FACSWEB_URL", "http://localhost:8000"))
    shared.add_argument(
        "--token", help="else FACSWEB_TOKEN, which others on this machine can't read in `ps`"
    )
    shared.add_argument("--insecure", action="store_true", help="allow http:// to other machines")
    refused = argparse.ArgumentParser(add_help=False)
    refused.add_argument("--refused", type=Path, default=Path("refused.csv"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, do, add_arguments, text in _COMMANDS:
        parents = [shared, refused] if do in {_upload, _import} else [shared]
        one = commands.add_parser(name, parents=parents, help=text)
        add_arguments(one)
        one.set_defaults(do=do)
    return parser


def _of_upload(one: argparse.ArgumentParser) -> None:
    one.add_argument("folder", type=Path)
    one.add_argument("--labels", type=Path, help="data_labels.csv; its paths start at the folder")
    one.add_argument("--batch", type=int, default=50, choices=range(1, 101), metavar="1-100")
    one.add_argument("--parallel", type=int, default=4, choices=range(1, 17), metavar="1-16")
    one.add_argument("--predict", action=argparse.BooleanOptionalAction, default=None)


def _of_import(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", type=Path)
    one.add_argument("--coder", default="", help="for predictions: the model and its version")
    one.add_argument(
        "--min-confidence",
        type=_from_0_to_1,
        metavar="0-1",
        help="refuse rows of which OpenFace is less confident (0.5 unless given)",
    )
    one.add_argument(
        "--several-faces",
        choices=["refuse", "best"],
        help="Py-Feat with several rows of one picture: refuse them (unless given), or take the "
        "best FaceScore where each other is under half of it",
    )
    for name, text in (
        ("--unlabelled", "import pictures without a label as unlabelled faces"),
        ("--replace-truth", "replace ground truth that an earlier import gave, never a person's"),
        ("--dry-run", "read and check everything, write nothing, and say what would come in"),
    ):
        one.add_argument(name, action="store_true", help=text)


def _of_export(one: argparse.ArgumentParser) -> None:
    one.add_argument("format", choices=_FORMATS)
    one.add_argument("file", type=Path)
    one.add_argument("--images", action="store_true")
    one.add_argument("--anonymous", action="store_true")
    one.add_argument("--deidentify", choices=["pixelate", "landmarks"], default="")


def _of_faces(one: argparse.ArgumentParser) -> None:
    one.add_argument("filters", nargs="*", metavar="NAME=VALUE", help="such as au_truth=12")


def _of_me(one: argparse.ArgumentParser) -> None:
    """Add nothing: the token says who it is."""


def _of_login(one: argparse.ArgumentParser) -> None:
    one.add_argument("username")
    one.add_argument("--name", default="command line")


_COMMANDS = (
    ("upload", _upload, _of_upload, "pictures of a folder"),
    ("import", _import, _of_import, "send an archive or table"),
    ("export", _export, _of_export, "make a file and fetch it"),
    ("faces", _faces, _of_faces, "faces as JSON lines"),
    ("me", _me, _of_me, "whose token it is, and its scopes"),
    ("login", _login, _of_login, "create a token by password"),
)


if __name__ == "__main__":
    sys.exit(main())
