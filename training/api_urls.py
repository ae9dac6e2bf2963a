from training.api import TrainingRunViewSet
from training.comparison_api import ComparisonViewSet
from training.drift_api import DriftCheckViewSet
from training.model_api import ModelViewSet

#: Path under /api/v1/ -> (viewset, base of the URL names). "models" takes the place of inference's
#: own, so that a model tells its lineage, has a card, and a promotion meets its gate.
ROUTES = {
    "models": (ModelViewSet, "api-model"),
    "training-runs": (TrainingRunViewSet, "api-training-run"),
    "comparisons": (ComparisonViewSet, "api-comparison"),
    "drift-checks": (DriftCheckViewSet, "api-drift-check"),
}
