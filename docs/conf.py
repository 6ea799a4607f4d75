"""How Sphinx builds these pages. It needs no network; a warning is an error (``make docs``)."""

from importlib.metadata import version as version_of

project = "cognito_guard"
copyright = "The cognito_guard founders"
version = release = version_of("cognito-guard")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False

# Every name in a signature must lead somewhere, but for those below: what other projects document
# (their inventories are on the network), and what is no public name of ours.
nitpicky = True
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(abc|collections|cryptography|enum|fastapi|flask|os|pydantic|starlette|typing)\..*",
    ),
    (
        r"py:class",
        r"(Action|AnyClient|Check|TokenUse|VerifiedTokens)|cognito_guard_(asgi\.starlette\.E|flask\.views\.V)",
    ),
]

html_theme = "furo"
html_title = f"cognito_guard {release}"
html_copy_source = False
html_show_sourcelink = False
