from training.api import TrainingRunViewSet

#: Path under /api/v1/ -> (viewset, base of the URL names).
ROUTES = {"training-runs": (TrainingRunViewSet, "api-training-run")}
