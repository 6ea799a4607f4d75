"""How Sphinx builds these pages. It needs no network; a warning is an error (``make docs``)."""

from importlib.metadata import version as version_of

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

project = "cognito_guard"
copyright = "The cognito_guard founders"
version = release = version_of("cognito-guard")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design"]
exclude_patterns = ["_build"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

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
        r"(abc|aws_lambda_powertools|boto3|collections|cryptography|datetime|enum|fastapi|flask|mcp|opentelemetry|os|pydantic|redis|starlette|typing)\..*",
    ),
    (
        r"py:class",
        r"(APIRouter|Action|AnyClient|App|Blueprint|Check|Client|ClientCheck|DynamicClients|Flask|FlaskClient|HTTPConnection|HeaderItems|Listeners|RevocationCheck|TestClient|TokenSource|TokenUse|Verified|VerifiedTokens)"
        r"|cognito_guard_(asgi\.(live\.E|login\.required\.E|socketio\.H|starlette\.[ET]|fastapi\.T|lasting\.Lasting\w+)|flask\.views\.V|mcp\.(tools\.F|verifier\.Identifier))"
        r"|cognito_guard\.(_support\.listeners\.Listeners|aws\.(callers\._Session|identity_pools\.entries\.Entry|user\.T)|identity\.NotSent|tokens\.revoked\.RevocationCheck|login\.step_up\.StepUp|testing\.proxy\.listener\._Balancer)",
    ),
]


class Pictures(SphinxTransform):
    """Puts the dark picture beside each light one, and a page shows the one that fits its theme.
    In Markdown, and so on GitHub, there is the light one alone."""

    default_priority = 400  # before pictures are collected

    def apply(self):
        for light in list(self.document.findall(nodes.image)):
            if light["uri"].endswith(("-light.svg", "-light.png")):
                dark = light.deepcopy()
                dark["uri"] = light["uri"].replace("-light.", "-dark.")
                light["classes"] += ["picture", "only-light"]
                dark["classes"] += ["picture", "only-dark"]
                light.replace_self([light, dark])


class Tables(SphinxTransform):
    """Puts the name of its column into each cell, for phones, where a row stands as a list
    (``_static/site.css``). Elsewhere these names are not shown."""

    default_priority = 400

    def apply(self):
        for table in self.document.findall(nodes.table):
            names = [entry.astext() for head in table.findall(nodes.thead) for entry in head[-1]]
            for body in table.findall(nodes.tbody):
                for row in body:
                    for name, entry in list(zip(names, row, strict=False))[1:]:
                        if name and entry.children:
                            entry.insert(0, nodes.paragraph(name, name, classes=["of-column"]))


def setup(app):
    """Give headings such as ``token_expired`` the anchor that they have on GitHub as well, which is
    the one that the ``type`` of a refusal names. Sphinx makes ``token-expired`` of it."""
    app.add_transform(Pictures)
    app.add_transform(Tables)

    def add_anchors(app, doctree):
        for section in doctree.findall(lambda node: node.tagname == "section"):
            slug = section.get("slug")
            if slug and slug not in section["ids"]:
                section["ids"].append(slug)

    def drop_long_values(app, doctree):
        """A constant's value that fills a screen says less than its docstring."""
        for value in list(doctree.findall(addnodes.desc_annotation)):
            said = value.astext()
            if said.startswith(" = ") and (len(said) > 80 or "<object object" in said):
                value.parent.remove(value)

    app.connect("doctree-read", add_anchors)
    app.connect("doctree-read", drop_long_values)


html_theme = "furo"
html_title = f"cognito_guard {release}"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = html_logo = "_static/shield.svg"
# furo's own dark style underlines the names of modules.
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    # Each is at least 4.5 to 1 on the grounds that it stands on (WCAG 2.2, 1.4.3).
    "light_css_variables": {
        "color-brand-primary": "#1750b8",
        "color-brand-content": "#1750b8",
        "color-brand-visited": "#6b3fa0",
        "color-foreground-muted": "#59616b",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8db8ff",
        "color-brand-content": "#8db8ff",
        "color-brand-visited": "#c9a7f5",
        "color-foreground-muted": "#a4abb5",
    },
}

# Prompts and output are not copied, and what is output alone has no button.
copybutton_exclude = ".linenos, .gp, .go"
copybutton_selector = "div:not(.highlight-text) > div.highlight > pre"
