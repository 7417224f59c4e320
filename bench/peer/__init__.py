"""django-helpdesk as it is installed here: our settings around the package from PyPI."""
