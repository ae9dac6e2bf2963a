"""The API's routes: path under /api/v1/ -> (viewset, base of the URL names)."""

from annotations.api.batches import PredictionViewSet
from annotations.api.coders import CoderViewSet
from annotations.api.codings import CodingViewSet
from annotations.api.faces import FaceViewSet
from annotations.api.people import PersonViewSet
from annotations.api.queues import QueueViewSet
from annotations.api.reviews import ReviewViewSet
from annotations.api.subjects import SubjectViewSet
from annotations.transfers.api import ExportViewSet, ImportViewSet
from annotations.withdrawal.api import WithdrawalViewSet
from facsweb.accounts.api import SessionViewSet, TokenViewSet

ROUTES = {
    "subjects": (SubjectViewSet, "api-subject"),
    "faces": (FaceViewSet, "api-face"),
    "codings": (CodingViewSet, "api-coding"),
    "predictions": (PredictionViewSet, "api-prediction"),
    "reviews": (ReviewViewSet, "api-review"),
    "queues": (QueueViewSet, "api-queue"),
    "coders": (CoderViewSet, "api-coder"),
    "imports": (ImportViewSet, "api-import"),
    "exports": (ExportViewSet, "api-export"),
    "people": (PersonViewSet, "api-person"),
    "sessions": (SessionViewSet, "api-session"),
    "withdrawals": (WithdrawalViewSet, "api-withdrawal"),
    "tokens": (TokenViewSet, "api-token"),
}
