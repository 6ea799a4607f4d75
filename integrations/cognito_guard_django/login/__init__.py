"""Sign-in by managed login: routes, sessions in Django's session framework, pages, the admin.

Nothing of it is imported here, as Django imports this package before its apps are ready. The rooms
are ``.urls``, ``.decorators``, ``.mixins``, ``.admin``, ``.apps``.
"""
