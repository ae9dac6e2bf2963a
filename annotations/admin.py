"""What an admin may look up and tag. Codings and reviews are history: nobody edits them here."""

from django.contrib import admin

from annotations.models import ActionUnitScore, Coder, Coding, Face, Review, Subject
from annotations.permissions import may_administer


class ReadOnly:
    """Rows that only the domain's services write, shown to whoever may administer."""

    def has_view_permission(self, request, obj=None) -> bool:
        return may_administer(request.user)

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):
    def has_module_permission(self, request) -> bool:
        return may_administer(request.user)


@admin.register(Subject)
class SubjectAdmin(ReadOnlyAdmin):
    """Demographics are tags that the data's source recorded; here they can be mended."""

    list_display = ["code", "gender", "age_group", "ethnicity"]
    list_filter = ["gender", "age_group", "ethnicity"]
    search_fields = ["code"]
    readonly_fields = ["code"]

    def has_change_permission(self, request, obj=None) -> bool:
        return may_administer(request.user)


@admin.register(Face)
class FaceAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "subject", "width", "height", "colour_mode", "created_at"]
    list_filter = ["colour_mode"]
    list_select_related = ["subject"]
    search_fields = ["subject__code", "sequence", "sha256"]
    # The files are served by their own views only; a file's name may tell the emotion.
    exclude = ["file", "thumbnail", "source_name"]


@admin.register(Coder)
class CoderAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "is_default"]
    list_filter = ["kind"]
    search_fields = ["name"]


class ScoreInline(ReadOnly, admin.TabularInline):
    model = ActionUnitScore
    extra = 0


@admin.register(Coding)
class CodingAdmin(ReadOnlyAdmin):
    list_display = ["face", "coder", "emotion", "is_accepted", "created_at"]
    list_filter = ["coder_kind", "is_accepted", "emotion"]
    list_select_related = ["face__subject", "coder"]
    raw_id_fields = ["face", "based_on"]
    search_fields = ["face__subject__code", "coder__name"]
    inlines = [ScoreInline]


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["face", "reviewer", "decision", "created_at"]
    list_filter = ["decision"]
    list_select_related = ["face__subject", "reviewer"]
    search_fields = ["face__subject__code", "reviewer__username", "comment"]
