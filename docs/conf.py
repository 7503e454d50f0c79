"""Sphinx: `sphinx-build -W docs docs/_build` with the `docs` extra installed."""

import bcekit

project = "bcekit"
author = "The bcekit developers"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx's own name for it
version = release = bcekit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings describe the arguments in words
numpydoc_show_class_members = False  # autodoc lists them

linkcheck_retries = 3
linkcheck_timeout = 20
linkcheck_rate_limit_timeout = 60  # seconds: GitHub's patience is short
linkcheck_allow_unauthorized = True  # publishers show papers to people only
linkcheck_anchors = False  # those of GitHub's pages are made by scripts

html_theme = "pydata_sphinx_theme"
html_title = "bcekit"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}
html_show_sourcelink = False
