"""What the client of a test got, as a browser reads it."""

from django.http import HttpResponse


def text_of(answer: HttpResponse) -> str:
    """The page's source with each run of blanks as one: where a line ends says nothing."""
    return " ".join(answer.content.decode().split())
