"""Words for acts and things of the audit; pages show an act without any as it is."""

from __future__ import annotations

#: Action -> what somebody did.
ACTIONS = {
    "user.signed_in": "signed in",
    "user.signed_out": "signed out",
    "user.sign_in_failed": "failed to sign in",
    "user.added": "added an account",
    "user.changed": "changed an account’s powers",
    "user.password_changed": "set a password",
    "user.deleted": "deleted an account",
    "user.invited": "invited somebody",
    "user.first_admin_made": "became the first admin",
    "user.password_link_made": "made a link to set a password",
    "user.password_link_used": "set a password by a link",
    "user.work_handed_over": "handed work over",
    "session.ended": "ended sessions",
    "token.all_revoked": "revoked all tokens",
    "consent.changed": "changed a subject’s consent",
    "subject.withdrawal_asked": "asked for a withdrawal",
    "subject.withdrawn": "removed a subject wholly",
    "backup.made": "made a backup",
    "backup.restored": "restored a backup",
    "fsck.repaired": "repaired files and rows",
    "job.retried": "had a job tried again",
    "role.given": "gave a role",
    "role.taken": "took a role away",
    "coder.blindness_changed": "changed who codes blind",
    "queue.made": "made a queue",
    "queue.changed": "changed a queue",
    "token.issued": "made a token",
    "token.revoked": "revoked a token",
    "face.seen": "looked at a face, the first time that day",
    "face.picture_sent": "was sent a picture in full size",
    "face.sent_ahead": "was sent the next face, before looking at it",
    "neutral.uploaded": "uploaded a neutral frame",
    "neutral.replaced": "replaced a neutral frame",
    "face.cleaned": "had metadata taken out of stored pictures",
    "face.listed": "listed faces by the API",
    "coding.listed": "listed codings by the API",
    "review.listed": "listed reviews by the API",
    "subject.tags_changed": "changed a subject’s tags",
    "export.asked": "asked for an export",
    "export.downloaded": "downloaded an export",
    "export.cancelled": "cancelled an export",
    "export.deleted": "deleted an export",
    "import.asked": "sent a file for import",
    "import.made_by_command": "imported by a command",
    "import.cancelled": "cancelled an import",
    "import.rows_downloaded": "downloaded refused rows",
    "import.history_brought": "brought history in others’ names",
    "import.deleted": "deleted an import",
    "predictions.downloaded": "downloaded predictions",
    "model.downloaded": "downloaded a model",
    "metrics.downloaded": "downloaded figures",
    "card.downloaded": "downloaded a card",
    "agreement.downloaded": "downloaded agreement",
    "audit.downloaded": "downloaded the audit",
    "withdrawal.downloaded": "downloaded a withdrawal’s certificate",
    "model.promoted": "made a model the champion",
    "webhook.added": "added a webhook",
    "webhook.switched_on": "switched a webhook on",
    "webhook.switched_off": "switched a webhook off",
    "webhook.deleted": "removed a webhook",
    "face.deleted": "deleted a face",
    "subject.deleted": "deleted a subject",
    "coding.deleted": "deleted a coding",
    "queue.deleted": "deleted a queue",
}
#: Kind of thing -> what people call it, where that is another word.
KINDS = {
    "apitoken": "token",
    "neutralframe": "neutral frame",
    "picturecleaning": "picture cleaning",
    "modelversion": "model",
    "trainingrun": "training",
    "inferencerun": "inference run",
    "agreementreport": "agreement report",
    "bulkrun": "bulk run",
    "queuemaking": "queue making",
    "driftcheck": "drift check",
    "user": "account",
}


def words_for(action: str) -> str:
    return ACTIONS.get(action, action)


def name_of(about: str, pk: int | None) -> str:
    """Return how a page calls a thing: by its kind and id, such as "face 12".

    Parameters
    ----------
    about
        Its kind.
    pk
        Its id; None where it has none.
    """
    kind = KINDS.get(about, about.replace("_", " "))
    return kind if pk is None else f"{kind} {pk}"
