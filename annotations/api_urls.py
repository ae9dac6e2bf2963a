from annotations.api import FaceViewSet

#: Path under /api/v1/ -> (viewset, base of the URL names).
ROUTES = {"faces": (FaceViewSet, "api-face")}
