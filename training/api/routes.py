from training.api.comparisons import ComparisonViewSet
from training.api.drift import DriftCheckViewSet
from training.api.models import ModelViewSet
from training.api.runs import TrainingRunViewSet

#: Path under /api/v1/ -> (viewset, base of the URL names). "models" takes the place of inference's
#: own, so that a model tells its lineage, has a card, and a promotion meets its gate.
ROUTES = {
    "models": (ModelViewSet, "api-model"),
    "training-runs": (TrainingRunViewSet, "api-training-run"),
    "comparisons": (ComparisonViewSet, "api-comparison"),
    "drift-checks": (DriftCheckViewSet, "api-drift-check"),
}
