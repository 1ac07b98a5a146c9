"""The owner tags somebody at the command line: a course begins by it, and nothing but her own page and copy names it."""

from tests.story.house import DAY, House
from tests.story.test_faults import SHORT


def test_a_tag_begins_a_course_and_stands_in_no_mail_and_no_log(house: House) -> None:
    (maria,) = house.welcome_all("maria@example.org")
    folder = house.folder / "second"
    folder.mkdir()
    (folder / "01-hello.md").write_text(SHORT.format(key="hello", role="opening"))
    house.command("course", "load", folder)
    house.command("course", "publish", "second")
    house.command("course", "way", "add", "second", "tag", "book-club")
    said = house.begin("subscriber", "tag", "maria@example.org", "Book Club", "--json").wait()
    house.tick()
    house.walk(3 * DAY)  # what is left of it is looked at on a day that her other course leaves free

    assert said.err == "" and '"book-club"' in said.out
    assert maria.portrait()["tags"] == ["book-club"]
    assert [one["state"] for one in maria.portrait()["enrollments"] if one["course"] == "second"] == ["finished"]
    assert [mail for mail in house.post_office if "book-club" in str(mail.message).lower()] == []
    assert house.ask("subscriber", "untag", "maria@example.org", "book-club") == {"tags": []}
    assert "small letters" in house.refused("subscriber", "tag", "maria@example.org", "a/b").err
    assert [one["course"] for one in house.ask("event", "list")] == ["second"], "nothing was left to come of it"
