"""``python -m example_apps.with_login.django_site.manage``: Django's commands for this site."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_apps.with_login.django_site.settings")
    execute_from_command_line(sys.argv)
