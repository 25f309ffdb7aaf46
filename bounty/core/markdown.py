"""Markdown to safe HTML: rendered by markdown-it, cleaned by nh3 whatever was in it."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Headings of a text stand under the page's own h1 and h2.
_DEEPER = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}

_TAGS = {
    *("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=256)
def render_markdown(text: str) -> SafeString:
    """HTML of a Markdown text: no raw HTML, images, styles or scripts; links open with no referrer."""
    tokens = _renderer.parse(text)
    for token in tokens:
        token.tag = _DEEPER.get(token.tag, token.tag)
        # markdown-it aligns cells by inline style, which the content security policy refuses.
        token.attrs.pop("style", None)
    html = _renderer.renderer.render(tokens, _renderer.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - cleaned in the line above
