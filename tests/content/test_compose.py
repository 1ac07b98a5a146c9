"""What a reader finds in a letter, and what she must never find there."""

import re
from dataclasses import astuple, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from newsletter.content.care import care_line, united_states
from newsletter.content.compose import Composer
from newsletter.content.moments import moment_in_words
from newsletter.content.placeholders import TextError
from newsletter.domain.colour import DARK, LIGHT, OURS, Palette, accent_of
from newsletter.domain.message import Links, Mailbox, Reader
from tests.content.samples import (
    BASE,
    CAMPAIGN,
    CONFIRM,
    EVERY_MAIL,
    LETTER,
    LETTERHEAD,
    MARIA,
    TEMPLATES,
    TOKEN,
    WEEKLY,
    WELCOME,
    WORDING,
    headers_of,
    write_one,
)

LETTERS = ("lesson-opening", "lesson-weekly", "lesson-closing", "campaign", "test")
HOSTILE_NAMES = (
    "{{7*7}}",
    "{% for x in y %}",
    "<b>",
    "<script>alert(1)</script>",
    "[x](http://e.example)",
    "**loud**",
    "Ana & Bo",
    '"><img src=x onerror=alert(1)>',
    "`code`",
    "O'Hara",
    "name0",
)


class Page(HTMLParser):
    """The tags of a letter's HTML, in order, and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self) -> list[str]:
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(TEMPLATES, LETTERHEAD)


def comes_in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and all(first < second for first, second in pairwise(places))


def test_a_letter_fetches_nothing_and_names_no_other_host(mail: str) -> None:
    html = write_one(mail).html

    assert set(re.findall(r"https?://[^/\s\"'<)]*", html)) <= {BASE}
    assert not {tag for tag, _ in Page(html).tags} & {"img", "link", "script", "iframe", "object", "video", "form"}
    assert not re.search(r"url\(|@import|@font-face|background=", html)


def test_a_letter_is_small_and_one_column(mail: str) -> None:
    html = write_one(mail).html

    assert len(html.encode()) < 20_000
    assert "max-width: 600px" in html
    assert 'width="600"' in html


def test_a_letter_has_a_dark_dress_and_says_its_language(mail: str) -> None:
    html = write_one(mail).html

    assert '<html lang="en"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<meta name="color-scheme" content="light dark">' in html


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(mode: Palette) -> None:
    inks, grounds = (mode.ink, mode.soft, mode.accent), (mode.paper, mode.card)

    assert all(contrast(ink, ground) >= 4.5 for ink in inks for ground in grounds)
    assert contrast(mode.on_accent, mode.accent) >= 4.5


def test_a_letter_has_no_colour_but_those_of_its_palettes(mail: str) -> None:
    known = {*astuple(LIGHT), *astuple(DARK)}

    assert set(re.findall(r"#[0-9a-f]{6}\b", write_one(mail).html)) <= known
    assert not re.search(r"(?<!&)#[0-9a-fA-F]{3,6}\b", (TEMPLATES / "frame.html").read_text("utf-8"))


def test_the_owners_accent_takes_the_place_of_ours() -> None:
    plum = accent_of("#7a2e5d")

    html = write_one("lesson-weekly", head=replace(LETTERHEAD, accent=plum)).html

    assert plum.light in html and plum.dark in html
    assert OURS.light not in html and OURS.dark not in html


def test_the_foot_names_the_practice_and_the_sender_signs() -> None:
    written = write_one("lesson-weekly", head=replace(LETTERHEAD, name="Elm Street Counselling"))

    assert comes_in_order(written.text, "Ana Brook", "Elm Street Counselling\n12 Elm Street")
    assert comes_in_order(written.html, "Ana Brook", "Elm Street Counselling<br>12 Elm Street")


def contrast(ink: str, ground: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_its_styles_stand_in_its_tags(mail: str) -> None:
    page = Page(write_one(mail).html)
    paragraphs = [attributes for tag, attributes in page.tags if tag in ("p", "h1", "a", "li", "blockquote")]

    assert all("style" in attributes for attributes in paragraphs)


def test_no_blank_is_left_open(mail: str) -> None:
    written = write_one(mail)

    assert not re.search("[\ufdd0-\ufdef]|{{|{%", written.subject + written.preheader + written.text + written.html)


def test_a_letter_has_one_button_at_most(mail: str) -> None:
    calling = replace(LETTERHEAD, call_to_action="Book a first talk", call_to_action_url=f"{BASE}/talk")

    assert write_one(mail, head=calling).html.count('class="press"') <= 1


def test_the_preheader_is_hidden_and_padded(mail: str) -> None:
    written = write_one(mail)
    hidden = re.search(r'<div class="preheader"[^>]*display: none[^>]*>([^<]*)</div>', written.html)

    assert hidden is not None
    assert written.preheader
    assert written.preheader.split("&")[0][:20] in hidden.group(1)
    assert hidden.group(1).count("&nbsp;") >= 60


def test_the_text_opens_with_the_letter_and_stands_alone(mail: str) -> None:
    written = write_one(mail)
    page = Page(written.html)

    opening = r"A campaign paused itself\.\n\n\S" if mail == "notice" else r"(Dear|Hello) María,\n\n\S"
    assert re.match(opening, written.text)
    assert all(link in written.text for link in page.links() if link.startswith("http"))
    assert not re.search(r"[ \t]$|\n\n\n|<[a-z]+>|&[a-z]+;", written.text, re.MULTILINE)
    assert all(len(line) <= 72 or "https://" in line for line in written.text.split("\n"))


def test_the_first_screen_of_a_letter_is_its_greeting_and_first_sentence() -> None:
    page = Page(write_one("lesson-weekly").html)
    before = [tag for tag, _ in page.tags[: [tag for tag, _ in page.tags].index("em")]]

    assert not set(before) & {"img", "a", "hr", "table"}
    assert comes_in_order(page.words, "Letter 9 of 12", "One honest sentence", "Dear María,", "Think of wading")


@pytest.mark.parametrize("part", ["text", "html"])
def test_the_parts_of_a_letter_come_in_their_order(part: str) -> None:
    calling = replace(LETTERHEAD, call_to_action="Book a first talk", call_to_action_url=f"{BASE}/talk")
    words = getattr(write_one("lesson-weekly", head=calling), part)

    assert comes_in_order(
        words,
        "Dear María",
        "Think of wading",
        "This week’s practice",
        "A question to carry with you",
        "You can just reply",
        "Book a first talk",
        "call or text 988",
        "Pause, or choose another day and hour",
        "Read this letter in your browser",
        "Unsubscribe",
        "because you signed up for “Letters”",
        "12 Elm Street",
        "Boulder, CO 80302",
    )


@pytest.mark.parametrize(
    ("link", "words"),
    [("preferences", "Pause, or choose"), ("view", "in your browser"), ("unsubscribe", "Unsubscribe")],
)
def test_a_link_that_is_not_there_leaves_no_trace(composer: Composer, link: str, words: str) -> None:
    without = replace(MARIA, links=replace(LETTER, **{link: ""}))
    written = composer.campaign(without, subject="s", body="text", list_title="Letters")

    assert words not in written.text + written.html
    assert "Letters" in written.text


def test_a_letter_says_how_its_reader_came(composer: Composer) -> None:
    imported = replace(MARIA, came="you asked Ana for it on 3 March 2026")
    written = composer.campaign(imported, subject="s", body="text", list_title="Letters")

    assert "You get this letter because you asked Ana for it on 3 March 2026." in written.text


def test_without_a_name_the_reader_is_a_reader_or_is_not_called() -> None:
    assert write_one("lesson-weekly", name="").text.startswith("Dear reader,\n\nThink of")
    assert "Then decide about the knee.\n" in write_one("lesson-weekly", name=" \r\n ").text
    assert write_one("campaign", name="").text.startswith("Hello,\n\n")


@pytest.mark.parametrize("body", ["Hello {{ name }},\n\ntext", "Dear all,\n\ntext", "Good morning!\n\ntext"])
def test_a_letter_that_greets_by_itself_is_not_greeted_twice(composer: Composer, body: str) -> None:
    written = composer.campaign(MARIA, subject="s", body=body, list_title="Letters")

    assert "Dear María" not in written.text + written.html


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("mail", LETTERS)
def test_a_name_is_printed_literally(mail: str, name: str) -> None:
    written = write_one(mail, name=name)
    page, usual = Page(written.html), Page(write_one(mail).html)

    assert f"{name}," in written.text
    assert f"{name}," in page.words
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in usual.tags]


def test_a_name_with_line_ends_stays_on_one_line() -> None:
    written = write_one("campaign", name="Maria\r\nBcc: all@example.org\0\x85\u2028x")

    assert written.subject == "A new article, Maria Bcc: all@example.org x"
    assert written.text.startswith("Hello Maria Bcc: all@example.org x,\n")


@pytest.mark.parametrize("mail", ["confirmation", "reminder", "preferences"])
@pytest.mark.parametrize("name", ["Win at http://e.example", "shop.example", "[x](//e)", "x@e.example", "a" * 61])
def test_mail_that_a_stranger_can_cause_carries_no_advert_for_a_name(mail: str, name: str) -> None:
    written = write_one(mail, name=name)

    assert written.text.startswith("Dear reader,")
    assert name not in written.text + written.html


@pytest.mark.parametrize("name", ["Dr. María de la O", "J. R. Brook-Hall", "李小龍"])
def test_ordinary_names_are_said_there(name: str) -> None:
    assert write_one("confirmation", name=name).text.startswith(f"Dear {name},")


@pytest.mark.parametrize("mail", ["confirmation", "reminder"])
def test_who_is_asked_to_confirm_sees_the_words_the_last_day_and_the_way_out(mail: str) -> None:
    written = write_one(mail)

    for words in (" ".join(written.text.split()), Page(written.html).words):
        assert WORDING in words.replace("> ", "")
        assert "until Sunday, 6 December 2026" in words
        assert "do nothing" in words
    assert set(Page(written.html).links()) == {CONFIRM.confirm}


def test_someone_already_on_the_list_gets_her_preferences_and_nothing_else() -> None:
    written = write_one("preferences")

    assert "You are already on the list" in written.subject
    assert set(Page(written.html).links()) == {LETTER.preferences}


def test_the_welcome_says_when_the_first_letter_comes_on_her_wall() -> None:
    said = "Thursday, 26 November 2026, at 9 in the morning (Denver time)"
    written = write_one("lesson-opening")

    assert said in " ".join(written.text.split())
    assert said in written.html
    assert "every Thursday at 9 in the morning" in " ".join(written.text.split())
    assert "5 in the afternoon (Berlin time)" in " ".join(
        write_one("lesson-opening", zone="Europe/Berlin").text.split()
    )


def test_only_the_welcome_speaks_of_the_first_letter() -> None:
    assert "first letter" not in write_one("lesson-weekly").text


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (0, 0, "at midnight"),
        (3, 0, "at 3 at night"),
        (9, 30, "at 9:30 in the morning"),
        (12, 0, "at noon"),
        (12, 5, "at 12:05 in the afternoon"),
        (18, 0, "at 6 in the evening"),
        (23, 0, "at 11 at night"),
    ],
)
def test_hours_are_said_in_words(hour: int, minute: int, words: str) -> None:
    said = moment_in_words(datetime(2026, 3, 1, hour, minute, tzinfo=UTC), "UTC")

    assert said == f"Sunday, 1 March 2026, {words} (UTC)"


@pytest.mark.parametrize("zone", ["America/Denver", "US/Mountain", "Pacific/Honolulu", "America/Indiana/Knox"])
def test_in_the_us_the_care_line_names_988(zone: str) -> None:
    assert "call or text 988" in care_line(zone, replies=True)
    assert "911" in care_line(zone, replies=True)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/Toronto", "America/Creston", "America/Puerto_Rico", "UTC", "Nowhere/Land"]
)
def test_elsewhere_the_care_line_names_the_local_number_and_a_directory(zone: str) -> None:
    assert "988" not in care_line(zone, replies=True)
    assert "your local emergency number" in care_line(zone, replies=True)
    assert "findahelpline.com" in care_line(zone, replies=True)


def test_the_table_of_us_zones_is_whole() -> None:
    assert 45 <= len(united_states()) <= 70


def test_only_lessons_carry_the_care_line() -> None:
    assert "findahelpline.com" in write_one("lesson-weekly", zone="Europe/Berlin").html
    assert "findahelpline.com" not in write_one("campaign", zone="Europe/Berlin").html


def test_the_owner_can_say_the_care_line_in_other_words() -> None:
    ours = replace(LETTERHEAD, care_line="In danger? Call 144.")

    assert "In danger? Call 144." in write_one("lesson-weekly", head=ours).text
    assert "988" not in write_one("lesson-weekly", head=ours).text


@pytest.mark.parametrize("address", ["no-reply@example.org", "noreply@example.org", "do-not-reply+x@example.org"])
def test_where_nobody_reads_replies_a_letter_does_not_ask_for_them(address: str) -> None:
    silent = replace(LETTERHEAD, sender=Mailbox(address, "Ana"))
    answering = replace(silent, reply_to=Mailbox("ana@example.org"))

    assert "reply" not in write_one("lesson-weekly", head=silent).text
    assert "Replies to these letters reach a person" not in write_one("lesson-weekly", head=silent).text
    assert "You can just reply" in write_one("lesson-weekly", head=answering).text


def test_a_call_to_action_without_a_link_is_a_sentence() -> None:
    written = write_one("campaign", head=replace(LETTERHEAD, call_to_action="My door is open on Mondays."))

    assert "My door is open on Mondays." in written.text
    assert 'class="press"' not in written.html


def test_a_trial_is_marked_in_its_subject_alone() -> None:
    trial, real = write_one("test"), write_one("campaign")

    assert (trial.subject, real.subject) == ("[Test] A new article, María", "A new article, María")
    assert (trial.preheader, trial.text, trial.html) == (real.preheader, real.text, real.html)


@pytest.mark.parametrize(
    ("body", "preheader"),
    [
        ("See [the new piece](https://example.org/a/b) and come.", "See the new piece and come."),
        ("![A long table](https://example.org/t.png) with chairs", "A long table with chairs"),
        ("![](https://example.org/t.png)\n\nNow the words.", "Now the words."),
        ("Read <https://example.org/a/b> today", "Read today"),
        ("## What is new\n\nA garden.", "What is new"),
        ("- one\n- two", "one"),
    ],
)
def test_a_preheader_lent_by_the_text_has_words_and_no_addresses(composer: Composer, body: str, preheader: str) -> None:
    assert composer.campaign(MARIA, subject="s", body=body, list_title="Letters").preheader == preheader


def test_a_campaign_without_a_preheader_lends_its_first_sentences() -> None:
    assert write_one("campaign").preheader == "there is a new article about shared tables. You can read it here."


@pytest.mark.parametrize(
    ("body", "preheader"),
    [
        ("Only this", "Only this"),
        ("No. But this sentence is long enough. And so is this one, which we also take.", None),
        ("word " * 40, ("word " * 22).strip() + "…"),
        ("Hello all,\n\n*Then* the letter begins.", "Then the letter begins."),
        ("{{ name }}, " + "word " * 40, "María, " + ("word " * 20).strip() + "…"),
    ],
)
def test_a_preheader_is_made_of_whole_words(composer: Composer, body: str, preheader: str | None) -> None:
    written = composer.campaign(MARIA, subject="s", body=body, list_title="L")

    assert written.preheader == (body if preheader is None else preheader)


def test_a_call_to_action_leads_to_the_web_or_nowhere() -> None:
    written = write_one("campaign", head=replace(LETTERHEAD, call_to_action="Go", call_to_action_url="javascript:x()"))

    assert "javascript" not in written.html + written.text


def test_a_lesson_without_practice_and_prompt_has_no_empty_boxes(composer: Composer) -> None:
    bare = replace(WELCOME, practice="", reflection="")
    written = composer.lesson(MARIA, bare, list_title="L", course_title="C", number=0, of=12, first_letter_at=None)

    assert 'class="card"' not in written.html
    assert 'class="question"' not in written.html
    assert "practice" not in written.text


def test_a_letter_is_laid_out_once_for_all_its_readers(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str, number: int) -> str:
        reader = Reader(name, "UTC", Links(unsubscribe=f"{BASE}/u/{number}"))
        return composer.campaign(reader, subject="s", body=CAMPAIGN, list_title="L").html

    first = read("Ana", 1)
    monkeypatch.setattr(composer, "_templates", None)

    assert read("Bo", 2) == first.replace("Ana,", "Bo,").replace("/u/1", "/u/2")


@pytest.mark.parametrize(
    ("subject", "body", "complaint"),
    [
        ("s", "{{ nam }}", "no value called"),
        ("", "text", "subject is empty"),
        ("s", "a\n\n" * 3000, "Gmail cuts"),
        ("s", "a" * 70_000, "longer than"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused(composer: Composer, subject: str, body: str, complaint: str) -> None:
    with pytest.raises(TextError, match=complaint):
        composer.check_text(subject, body)


def test_a_good_text_passes(composer: Composer) -> None:
    composer.check_text("A new article, {{ name }}", CAMPAIGN)


def test_wording_and_titles_are_data_too(composer: Composer) -> None:
    written = composer.confirmation(
        replace(MARIA, links=CONFIRM), wording="<i>{{ 7*7 }}</i>\n*so*", expires_on=date(2026, 12, 6)
    )
    weekly = composer.lesson(
        MARIA, WEEKLY, list_title="<u>L</u>", course_title="C", number=1, of=2, first_letter_at=None
    )

    assert "> <i>{{ 7*7 }}</i> *so*" in written.text
    assert "&lt;i&gt;{{ 7*7 }}&lt;/i&gt; *so*" in written.html
    assert "“&lt;u&gt;L&lt;/u&gt;”" in weekly.html


def test_a_link_with_an_ampersand_is_escaped_in_the_html_alone(composer: Composer) -> None:
    link = f'{BASE}/u?a=1&b="2'
    written = composer.campaign(replace(MARIA, links=Links(unsubscribe=link)), subject="s", body="b", list_title="L")

    assert link in written.text
    assert Page(written.html).links() == [link]


def test_no_letter_shows_an_address_or_a_token_in_its_words(mail: str) -> None:
    if mail in ("confirmation", "reminder"):
        return
    assert TOKEN not in Page(write_one(mail).html).words


@pytest.mark.parametrize("mail", [mail for mail in EVERY_MAIL if headers_of(mail).list_id])
def test_pause_stands_beside_unsubscribe_in_every_letter(mail: str) -> None:
    written = write_one(mail)
    links = Page(written.html).links()

    assert comes_in_order(written.text, "Pause, or", LETTER.preferences, "Unsubscribe:", LETTER.unsubscribe)
    assert links.index(LETTER.preferences) < links.index(LETTER.unsubscribe)
    assert comes_in_order(written.html, ">Pause, or choose another day and hour</a>", ">Unsubscribe</a>")
