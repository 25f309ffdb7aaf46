"""What every page promises: a strict policy, and nothing in the page that such a policy would refuse."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

PAGES = (
    "/",
    "/words/",
    "/accounts/login/",
    "/accounts/signup/",
    "/account/",
    "/account/preferences/",
    "/account/tokens/",
    "/notices/",
    "/notices/settings/",
    "/organise/",
    "/api/",
    "/c/{slug}/",
    "/c/{slug}/explore/",
    "/c/{slug}/data/",
    "/c/{slug}/model/",
    "/c/{slug}/board/",
    "/c/{slug}/board/for/",
    "/c/{slug}/board/findings/",
    "/c/{slug}/pictures/",
    "/c/{slug}/harms/",
    "/c/{slug}/labels/",
    "/c/{slug}/discussion/",
    "/c/{slug}/write-ups/",
    "/c/{slug}/rules/",
    "/c/{slug}/submit/",
    "/c/{slug}/submissions/",
    "/c/{slug}/team/",
    "/c/{slug}/dry-run/",
    "/nowhere/",
)


class Strict(HTMLParser):
    """Collects what a strict policy refuses: styles and scripts in the page, handlers, and addresses elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (
            tag == "script" and "src" not in given and given.get("type") != "application/json"
        ):
            self.refused.append(f"<{tag}> in the page")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.refused.append(f"<{tag} {name}>")
            loads = name == "src" or (name == "href" and tag in ("link", "use", "image"))
            if loads and (value or "").startswith(("http:", "https:", "//")):
                self.refused.append(f"<{tag} {name}={value}>")
            if (value or "").strip().lower().startswith("javascript:"):
                self.refused.append(f"<{tag} {name}={value}>")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_in_a_page_needs_an_unsafe_policy(client: Any, world, bob, bobs, sent, path, language):
    if not path.startswith("/accounts/"):
        client.force_login(bob)
    response = client.get(path.format(slug=world.competition.slug), headers={"accept-language": language})
    assert response.status_code == (404 if path == "/nowhere/" else 200)
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "://" not in policy
    strict = Strict()
    strict.feed(response.content.decode())
    assert not strict.refused
    assert f'<html lang="{language}"' in response.content.decode()


def test_the_parser_sees_what_a_policy_refuses():
    strict = Strict()
    strict.feed(
        '<p style="x" onclick="y()"><script>1</script><a href="javascript:1"><script src="//elsewhere/x.js">'
    )
    assert len(strict.refused) == 5
