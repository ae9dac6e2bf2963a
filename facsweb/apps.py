from django.apps import AppConfig


class FacswebConfig(AppConfig):
    name = "facsweb"
