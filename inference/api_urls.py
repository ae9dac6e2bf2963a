from inference.api import AliasMoveViewSet, FaceViewSet, InferenceRunViewSet, ModelViewSet
from inference.prior_api import PriorRunViewSet

#: Path under /api/v1/ -> (viewset, base of the URL names). "faces" takes the place of the
#: annotations' own, so that an upload asks for a prediction.
ROUTES = {
    "faces": (FaceViewSet, "api-face"),
    "models": (ModelViewSet, "api-model"),
    "alias-moves": (AliasMoveViewSet, "api-alias-move"),
    "inference-runs": (InferenceRunViewSet, "api-inference-run"),
    "prior-runs": (PriorRunViewSet, "api-prior-run"),
}
