from django.contrib.admin.apps import AdminConfig


class AdminSiteConfig(AdminConfig):
    """Django's admin with our own door; it takes the place of `django.contrib.admin`."""

    default_site = "facsweb.accounts.admin_site.Site"
