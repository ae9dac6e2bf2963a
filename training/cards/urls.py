from django.urls import path

from training.cards import views

urlpatterns = [
    path("models/<id:pk>/card/", views.model_card, name="model-card"),
    path("models/<id:pk>/card.md", views.model_card_file, {"kind": "md"}, name="model-card-md"),
    path(
        "models/<id:pk>/card.json", views.model_card_file, {"kind": "json"}, name="model-card-json"
    ),
    path("models/<id:pk>/card/notes/", views.note_on_card, name="model-card-notes"),
    path("training/<id:pk>/datasheet/", views.datasheet, name="training-datasheet"),
    path(
        "training/<id:pk>/datasheet.md",
        views.datasheet_file,
        {"kind": "md"},
        name="training-datasheet-md",
    ),
    path(
        "training/<id:pk>/datasheet.json",
        views.datasheet_file,
        {"kind": "json"},
        name="training-datasheet-json",
    ),
    path("training/<id:pk>/datasheet/notes/", views.note_on_sheet, name="training-datasheet-notes"),
]
