"""The two plain pages of the sandbox: what it is, and where its short links lead."""

from __future__ import annotations

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }}
</style>
</head>
<body>
<h1>{title}</h1>
{text}
</body>
</html>
"""

HOME = _PAGE.format(
    title="trackproof sandbox",
    text="""<p>A conversion-tracking platform to test against. It runs here,
and keeps what it is sent in memory only.</p>
<ul>
<li>Send leads and sales to it as you would to the platform; any token of its form will do
unless it was started with one.</li>
<li><a href="/l/demo">/l/demo</a> is a short link: each visit gives out a fresh click id.</li>
<li><code>/readback/customers/&lt;customerExternalId&gt;</code> shows what was recorded.</li>
<li><code>/ns/&lt;name&gt;/…</code> is the same platform once more, in a namespace of its own.</li>
</ul>""",
)

LANDING = _PAGE.format(
    title="Landing page",
    text="""<p>This page stands for your website. The address of this page carries
the click id that the short link gave out.</p>""",
)
