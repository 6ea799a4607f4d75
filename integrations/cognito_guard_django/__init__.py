"""cognito_guard for Django: middleware, users, decorators, system checks, Django REST framework.

Nothing is imported here, as Django imports this package before its apps are ready. The rooms are
``.middleware``, ``.decorators``, ``.mixins``, ``.backends``, ``.stateless``, ``.rest_framework``.
"""
