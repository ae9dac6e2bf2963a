"""Steps that every request and answer goes through, whatever view it is for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from facsweb.rest.addresses import came_by_proxy

Handler = Callable[[HttpRequest], HttpResponse]
#: What a proxy says of the client's request, and a client could say of itself.
_SAID_BY_PROXIES = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


class ForgetUnnamedProxies:
    """Take away what only a proxy may say, unless one that the settings name handed it on."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not came_by_proxy(request):
            for name in _SAID_BY_PROXIES:
                request.META.pop(name, None)
        return self.get_response(request)


class KeepNothing:
    """Have no browser and no cache keep what the product answers, unless a view says otherwise.

    Static files are answered before it, and are kept for ever.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class RateLimitHeaders:
    """Write the limits of the API that the request was counted by."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        limit = getattr(request, "rate_limit", None)
        if limit is not None:
            for name, value in limit.headers().items():
                response[name] = value
        return response
