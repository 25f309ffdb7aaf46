"""The site's icon, also where a browser only guesses its address."""


def test_the_icon_that_browsers_ask_for_on_the_admins_pages_is_there(client, db):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.url.endswith("icon.svg")
