"""The example API in Django and in Django REST framework: one project, two ways."""
