"""Headers that several operations take, for the schema."""

from drf_spectacular.utils import OpenApiParameter

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Your own name of this request, such as a UUID: sent again within two days it is "
    "answered as before and nothing is done twice.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The coding's ETag as you read it; 412 if the face was decided on since.",
)
