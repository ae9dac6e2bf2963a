"""The editor's form as a browser sends it."""

from annotations.models import Coding

AS_JSON = {"Accept": "application/json"}


def save(client, face, decision="propose", headers=AS_JSON, **given):
    truth = face.codings.accepted().first()
    given = {"decision": decision, "seen": truth.pk if truth else "", "emotion": ""} | given
    return client.post(f"/faces/{face.pk}/review/", given, headers=headers)


def as_opened(client, face, query=""):
    """The form of the face's page, as a browser sends it when nobody touches it."""
    page = client.get(f"/faces/{face.pk}/{query}").context["page"]
    given = {"emotion": next((choice.value for choice in page.emotions if choice.checked), "")}
    given["au"] = [row.unit.number for row in page.rows if row.held.present]
    given["absent"] = [row.unit.number for row in page.rows if row.held.absent]
    given |= {f"intensity-{row.unit.number}": row.held.intensity for row in page.rows}
    if page.rest_is_absent:
        given["rest_absent"] = given["rest_before"] = "on"
    return given


def units(coding: Coding) -> dict[int, bool]:
    return dict(coding.scores.values_list("au", "present"))


def page_of(client, face) -> str:
    return client.get(f"/faces/{face.pk}/").content.decode()
