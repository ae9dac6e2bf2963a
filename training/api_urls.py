from training.api import ModelViewSet, TrainingRunViewSet

#: Path under /api/v1/ -> (viewset, base of the URL names). "models" takes the place of inference's
#: own, so that a model tells its lineage and has a card.
ROUTES = {
    "models": (ModelViewSet, "api-model"),
    "training-runs": (TrainingRunViewSet, "api-training-run"),
}
