"""Settings of the API and of its schema, the same on every machine."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "facsweb.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "facsweb.accounts.scopes.HasScope",
    ],
    "DEFAULT_METADATA_CLASS": None,  # the schema tells it all; OPTIONS is a 405
    "DEFAULT_THROTTLE_CLASSES": ["facsweb.rest.throttling.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["facsweb.rest.renderers.FastJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "facsweb.rest.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "facsweb API",
    "DESCRIPTION": "Upload faces, label them, read predictions, start training.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "facsweb.rest.schema.add_summaries",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AliasEnum": "inference.models.ModelAlias.Name",
        "RunStatusEnum": "facsweb.jobs.models.Run.Status",
        "ItemStatusEnum": "annotations.api.serializers_out.ITEM_STATUS",
        "JobKindEnum": "facsweb.joblist.kinds.CHOICES",
        "ImportKindEnum": "annotations.transfers.models.Import.Kind",
        "CoderKindEnum": "annotations.models.Coder.Kind",
        "StageEnum": "annotations.models.Stage",
        "FirstStageEnum": "annotations.api.queue_serializers.FIRST_STAGES",
    },
}
