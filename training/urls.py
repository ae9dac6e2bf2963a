from django.urls import URLPattern, URLResolver, include, path

from training.pages import balance as balance_pages
from training.pages import comparisons as comparison_pages
from training.pages import curves as curve_pages
from training.pages import drift as drift_pages
from training.pages import groups as group_pages
from training.pages import models as model_pages
from training.pages import prior as prior_pages
from training.pages import run_files as run_pages
from training.pages import runs as views
from training.pages import thresholds as threshold_pages
from training.pages import version as version_page
from training.withheld import withheld_pages

_PAGES: list[URLPattern | URLResolver] = [
    path("training/", views.training_runs, name="training-runs"),
    path("training/new/", views.new_training, name="training-new"),
    path("training/start/", views.start_training, name="training-start"),
    path("training/<id:pk>/", views.training_run, name="training-run"),
    path("training/<id:pk>/progress/", views.training_progress, name="training-progress"),
    path("training/<id:pk>/cancel/", views.cancel, name="training-cancel"),
    path("training/<id:pk>/notes/", run_pages.note, name="training-note"),
    path("training/<id:pk>/archive/", run_pages.archive, name="training-archive"),
    path("training/<id:pk>/unarchive/", run_pages.unarchive, name="training-unarchive"),
    path("training/<id:pk>/metrics.json", run_pages.metrics, {"kind": "json"}, name="metrics-json"),
    path("training/<id:pk>/metrics.csv", run_pages.metrics, {"kind": "csv"}, name="metrics-csv"),
    path("training/<id:pk>/model.zip", run_pages.model, name="model-zip"),
    path("training/<id:pk>/dashboard/", views.dashboard, name="dashboard"),
    path("training/<id:pk>/figures/", views.figures, name="figures"),
    path("training/<id:pk>/balance/", balance_pages.balance, name="balance"),
    path("training/<id:pk>/curves/", curve_pages.curves, name="curves"),
    path("training/<id:pk>/thresholds/", threshold_pages.thresholds, name="thresholds"),
    path("training/<id:pk>/groups/", group_pages.groups, name="training-groups"),
    path("models/", model_pages.models, name="models"),
    path("models/<id:pk>/", version_page.version, name="model"),
    path("models/<id:pk>/retrain/", version_page.train_again, name="model-retrain"),
    path("models/<id:pk>/promote/", model_pages.promotion, name="promotion"),
    path("models/<id:pk>/compare/", model_pages.compare, name="promotion-compare"),
    path("models/<id:pk>/drift/", drift_pages.drift, name="drift"),
    path("models/roll-back/", model_pages.back, name="roll-back"),
    path("models/prior/", prior_pages.progress, name="prior-progress"),
    path("models/prior/start/", prior_pages.start, name="prior-start"),
    path("models/prior/<id:pk>/cancel/", prior_pages.cancel, name="prior-cancel"),
    path("", include("training.cards.urls")),
    path("comparisons/", comparison_pages.comparisons, name="comparisons"),
    path("comparisons/<id:pk>/", comparison_pages.comparison, name="comparison"),
    path(
        "comparisons/<id:pk>/progress/",
        comparison_pages.comparison_progress,
        name="comparison-progress",
    ),
    path("comparisons/<id:pk>/cancel/", comparison_pages.cancel, name="comparison-cancel"),
    path("comparisons/<id:pk>/faces/", comparison_pages.moved_faces, name="comparison-faces"),
    path("comparisons/<id:pk>/queue/", comparison_pages.moved_queue, name="comparison-queue"),
    path("dashboard/", views.dashboard_latest, name="dashboard-latest"),
]
#: These leave out the faces that are hidden from whoever asks.
_OF_READABLE_FACES = [
    path(
        "training/<id:pk>/predictions.csv",
        run_pages.predictions,
        {"kind": "csv"},
        name="predictions-csv",
    ),
    path(
        "training/<id:pk>/predictions.parquet",
        run_pages.predictions,
        {"kind": "parquet"},
        name="predictions-parquet",
    ),
]
urlpatterns = [*withheld_pages(_PAGES), *_OF_READABLE_FACES]
