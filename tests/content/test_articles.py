"""Articles of many shapes become courses: every word of theirs kept, the page around them left out and named."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.content.articles import Article, ArticleError, Purpose, Report, read_article, read_articles, to_course
from newsletter.content.wording import heading_markdown, literal, squeezed
from newsletter.domain.course import CourseText, Lesson, Role

# Shaped like an article that an owner pasted from her practice's page: title, introduction, plain headings,
# bullets with indented signs, numbered parts below a heading without text, questions, an invitation, furniture.
PASTED = """The Courage of Small Gardens: How Tending Teaches Patience

A garden is more than a place where things grow. It is a promise that you make to a season you cannot see yet. \
When you keep it, the year has a shape. When you do not, even a long summer can feel thin

What an untended season looks like

Neglect can be quiet. You may own the tools, the seeds and a good hat, and still never kneel down. The weeks go by, \
and the distance between the garden you describe and the garden you have grows wider.

Barriers that keep the spade clean

  • Grandeur. You believe that a garden must look like the ones in books before anybody may see it.
  • Old frost. One hard spring taught you that hoping for plums is risky.
  • Hurry. The calendar is full, but the hours that let a root take hold are missing.

How the seasons teach

1. Naming what grows

You cannot tend what you cannot name. Say marigold, say dock, say bindweed, and the green wall in front of you turns \
into neighbours. A name is the first thing a gardener gives.

2. Building fences that breathe

A fence is a promise about where feet may go. Good fences have gates, and everyone who lives near them knows how the \
latch works. They keep the peace between lettuce and dog.

3. Mending after the storm

Every garden meets weather. What counts is the morning after, when you walk out with twine in your pocket and begin \
with the one stem that can still be saved.

Gardening at Green Latch, Growing Together

Our work rests on the belief that people learn patience from soil. We run beds for beginners all year, in the sun and \
under glass, and there is always a spare pair of gloves.

Questions to take outside

  • Where does something already grow without your help. What lets it.
  • Which bed would be glad of one honest hour this week.

Take the next step

If you are ready to plant, ring the bell at the gate or call (555) 010-7788.

Scroll to Top
Receive the latest news
Subscribe To Our Newsletter
Get notified about new articles
"""


WALK = "Walking is the oldest kind of thinking there is, and it asks for nothing but shoes and a little daylight."
RAIN = "Rain is no reason to stay at home; it is a reason to come home and find the kitchen warm."
LONG = " ".join([WALK, RAIN, WALK])


def article(source: str | bytes, name: str = "an-article.txt") -> Article:
    return read_article(source, name=name)


def course_of(*sources: str | bytes) -> tuple[CourseText, Report]:
    articles = [article(source, f"article-{place}.txt") for place, source in enumerate(sources, start=1)]
    return to_course(articles, slug="a-course", title="A course")


def letter(course: CourseText, title: str) -> Lesson:
    return next(lesson for lesson in course.lessons if lesson.title == title)


def shown(markdown: str) -> str:
    """The words that a reader of this Markdown sees, on one line."""
    words = []
    for token in MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).parse(markdown):
        if token.type == "fence" or token.type == "code_block":
            words.append(token.content)
        words.extend(
            "\n" if child.type in ("softbreak", "hardbreak") else child.content for child in token.children or []
        )
        words.append(" ")
    return squeezed("".join(words))


def words_of(text: str) -> list[str]:
    return re.findall(r"[\w’']+", text)


def everything(read: Article) -> str:
    return shown("\n\n".join([read.introduction, *(f"{part.heading}\n\n{part.body}" for part in read.sections)]))


def headings(read: Article) -> list[str]:
    return [section.heading for section in read.sections]


# --- the whole way, on an article of the kind that owners have ---


def test_a_pasted_article_becomes_an_opening_a_letter_a_section_and_a_closing() -> None:
    course, _ = course_of(PASTED)
    assert [(lesson.role, lesson.title) for lesson in course.lessons] == [
        (Role.OPENING, "The Courage of Small Gardens: How Tending Teaches Patience"),
        (Role.WEEKLY, "What an untended season looks like"),
        (Role.WEEKLY, "Barriers that keep the spade clean"),
        (Role.WEEKLY, "Naming what grows"),
        (Role.WEEKLY, "Building fences that breathe"),
        (Role.WEEKLY, "Mending after the storm"),
        (Role.WEEKLY, "Gardening at Green Latch, Growing Together"),
        (Role.CLOSING, "Questions to take outside"),
    ]


def test_every_word_of_a_pasted_article_is_in_exactly_one_letter() -> None:
    course, _ = course_of(PASTED)
    text = " ".join(shown(lesson.body) for lesson in course.lessons)
    article_words = PASTED.partition("Scroll to Top")[0].replace("•", "")
    for paragraph in article_words.split("\n"):
        line = squeezed(paragraph)
        if len(line) > 60 and not line.startswith("The Courage"):
            assert text.count(line) == 1, line
    assert "call (555) 010-7788." in course.lessons[-1].body


def test_a_parent_heading_without_text_leaves_its_trace_in_the_sources() -> None:
    course, report = course_of(PASTED)
    assert letter(course, "Naming what grows").sources == ("How the seasons teach > 1. Naming what grows",)
    assert letter(course, "Mending after the storm").sources == ("How the seasons teach > 3. Mending after the storm",)
    assert "Heading 'How the seasons teach' had no text of its own" in str(report)


def test_the_report_says_what_became_of_each_section_and_what_was_left_out() -> None:
    _, report = course_of(PASTED)
    assert "Section 'Barriers that keep the spade clean' became letter 3." in report.lines
    assert "Section 'Questions to take outside' became letter 8 (the closing); its questions stay in the letter." in (
        report.lines
    )
    assert "Section 'Take the next step' joined letter 8 'Questions to take outside' (the closing)." in report.lines
    for furniture in ("Scroll to Top", "Receive the latest news", "Subscribe To Our Newsletter", "Get notified about"):
        assert any(line.startswith(f"Left out: '{furniture}") for line in report.lines)


def test_subjects_and_preheaders_tell_nothing_and_keys_are_slugs() -> None:
    course, _ = course_of(PASTED)
    assert [lesson.subject for lesson in course.lessons] == [f"Letter {place} of 8" for place in range(1, 9)]
    assert {lesson.preheader for lesson in course.lessons} == {"One letter, a few minutes."}
    assert course.lessons[2].key == "barriers-that-keep-the-spade-clean"
    assert len({lesson.key for lesson in course.lessons}) == 8


def test_bullets_stay_bullets() -> None:
    course, _ = course_of(PASTED)
    lines = letter(course, "Barriers that keep the spade clean").body.split("\n")
    assert len(lines) == 3
    assert lines[1] == "- Old frost. One hard spring taught you that hoping for plums is risky."


# --- plain text ---


@pytest.mark.parametrize("sign", ["•", "·", "-", "*", "–", "▪", "•\t", "  -   "])
def test_every_sign_that_people_use_for_bullets_makes_a_list(sign: str) -> None:
    read = article(f"A title\n\nWhat to bring\n\n{sign} warm socks\n{sign} a lamp that works\n")
    assert read.sections[0].body == "- warm socks\n- a lamp that works"


def test_headings_without_blank_lines_are_found_above_their_paragraphs() -> None:
    read = article(
        "Seven Small Rests\n"
        "Rest is not what is left when the work is done, because the work is never done.\n"
        "1. Close one door\n"
        "A closed door is a sentence that everybody understands; close it for ten minutes and explain nothing.\n"
        "2. Look at a tree\n"
        "Eyes that look far away let go of what screens hold on to, and any tree at all will do for this.\n"
        "Final thoughts\n"
        "None of this is new, and your grandmother knew it before any of us wrote it down for a living.\n"
    )
    assert read.title == "Seven Small Rests"
    assert [(part.number, part.heading) for part in read.sections] == [
        ("1.", "Close one door"),
        ("2.", "Look at a tree"),
        ("", "Final thoughts"),
    ]
    assert read.sections[-1].purpose is Purpose.ENDING


def test_a_numbered_list_is_not_taken_for_headings() -> None:
    read = article(
        "Small talk\n\nThree things it does\n\n1. It shows that we mean no harm.\n\n2. It finds a common pitch.\n\n"
        "3. It leaves a door open.\n\nSo answer as if the weather were somebody whom you both know quite well."
    )
    assert headings(read) == ["Three things it does"]
    assert read.sections[0].body.startswith("1. It shows that we mean no harm.\n2. It finds")


def test_wrapped_lines_are_joined_and_short_lines_are_not() -> None:
    read = article(
        "ON BEING A BEGINNER\n\n"
        "At fifty I took up the cello, and I was as bad at it as anybody\n"
        "has ever been at anything. This is about what that was like, and\n"
        "about why I would do it again.\n\n"
        "The first week\n"
        "The bow is heavier than it looks, and the teacher said so before\n"
        "she let go of it.\n\n"
        "  * keep a diary of notes\n"
        "  * play for nobody, and for\n"
        "    nobody's approval\n"
    )
    assert read.introduction.endswith("and about why I would do it again.")
    assert "\n" not in read.introduction
    assert headings(read) == ["The first week"]
    assert read.sections[0].body.endswith("- keep a diary of notes\n- play for nobody, and for nobody's approval")


def test_a_colon_ends_a_heading_of_questions_but_not_a_line_that_leads_to_a_list() -> None:
    list_of_two = "- Where do you walk?\n- With whom?"
    read = article(
        f"Walking\n\n{WALK}\n\nBring these:\n\n- socks\n- tea\n\nQuestions to ask yourself:\n\n{list_of_two}\n"
    )
    assert headings(read) == ["Questions to ask yourself:"]
    assert read.introduction.endswith("Bring these:\n\n- socks\n- tea")


def test_questions_may_be_headings() -> None:
    read = article(
        "Before the first hour\n\nPeople bring the same worries, which is a comfort in itself to most of them.\n\n"
        "What happens in the first hour?\n\nWe talk about what brought you, and nobody takes notes on a clipboard.\n\n"
        "Do I have to tell everything?\n\nNo. You tell what you want when you want it, and silence is fine as well.\n\n"
        "Sound familiar?\n"
    )
    assert headings(read) == ["What happens in the first hour?", "Do I have to tell everything?"]
    assert read.sections[1].body.endswith("Sound familiar?")


def test_sentences_quotations_and_signatures_are_not_headings() -> None:
    text = (
        "A title\n\nThe first paragraph says enough to be taken for prose, and it even has a comma.\n\n"
        "Be kind.\n\nThe second paragraph goes on for as long as it takes to be one, and then it ends.\n\n"
        "“Play the note you have”\n\nMarta Oduya\n\nThe third paragraph follows a quotation and the name below it, "
        "as they do.\n\nCall 555 010 7788\n\nWith warm regards,\n\nRosa\n"
    )
    read = article(text)
    assert read.sections == ()
    assert words_of(shown(read.introduction)) == words_of(text)[2:]


def test_a_list_without_bullets_does_not_become_headings() -> None:
    read = article(
        "A title\n\nHere are the signs:\n\nTired eyes\n\nCold tea\n\nA humming lamp\n\n"
        "All of them come to people who stay too long at their desks in the winter months."
    )
    assert read.sections == ()
    assert "Tired eyes" in read.introduction


def test_byte_order_marks_odd_spaces_and_windows_lines_leave_no_trace() -> None:
    text = "\ufeffA\u00a0title\r\n\r\nWords\u200b with\u202fodd\tspaces, joined\u00ad up, and cafe\u0301.\r\n"
    read = article(text.encode("utf-8"))
    assert read.title == "A title"
    assert read.introduction == "Words with odd spaces, joined up, and café."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_bytes_are_read_in_the_encoding_they_were_saved_in(encoding: str) -> None:
    read = article("A title\n\nIt’s a “café” – and it costs 5 €, which is not nothing.\n".encode(encoding))
    assert read.introduction == "It’s a “café” – and it costs 5 €, which is not nothing."


def test_a_text_without_a_title_is_called_after_its_file() -> None:
    read = article("The river took the bridge in spring, and for a summer we were an island.", "the-lost_bridge.txt")
    assert (read.title, read.sections) == ("The lost bridge", ())


MARKUP = [
    "Some write 5 * 3 < 20 and mean it_literally_so.",
    "Not <b>bold</b>, not &amp; nor [a link](nowhere), not *this* and not __that__.",
    "# of friends in the room that evening",
    "1986. That was the year when nobody wrote anything down at all.",
    "+ one for everyone who stayed, > is greater, `code` stays, ~~so~~ does this \\* too.",
    "Say {{ name }} or {% if %} or {# this #} and nothing happens.",
]


@pytest.mark.parametrize("line", MARKUP)
def test_what_looks_like_markup_in_pasted_text_is_shown_as_it_was(line: str) -> None:
    read = article(f"A title\n\nThese are words enough to be an introduction, I should say.\n\n{line}\n\nThe end.\n")
    assert line.lstrip("+ ") in shown(read.introduction)
    assert "{{" not in read.introduction
    assert "{%" not in read.introduction


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]) | st.just(" "), max_size=40))
def test_literal_words_survive_markdown(text: str) -> None:
    line = squeezed(text)
    assert shown(literal(line)) == line
    assert shown(heading_markdown(line, level=2)) == line


LINES = st.text("abcDE *_`#>-+=1.()[]<&;!\\~|{}%:", min_size=1, max_size=24).map(squeezed)


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_no_word_of_running_text_is_lost(lines: list[str]) -> None:
    opening = "The walk began before anybody was awake, and the first mile was the longest of them all."
    text = "\n\n".join([opening, *(f"{line} went the words that nobody had expected to hear there." for line in lines)])
    read = article(f"A title\n\n{text}")
    assert re.findall("[a-zA-Z]+", everything(read)) == re.findall("[a-zA-Z]+", text)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_bytes_without_their_mark_are_read_all_the_same(encoding: str) -> None:
    read = article("A title\r\n\r\nIt’s a “café” – and it costs 5 €, which is not nothing.\r\n".encode(encoding))
    assert read.introduction == "It’s a “café” – and it costs 5 €, which is not nothing."


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1252", "utf-16", "no-such-thing"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_page_that_declares_another_encoding_than_it_has_is_read_right(declared: str, encoding: str) -> None:
    page = f'<html><head><meta charset="{declared}"></head><body><p>It’s a “café” – 5 € for it all, {WALK}</p></body>'
    assert article(page.encode(encoding)).introduction.startswith("It’s a “café” – 5 € for it all")


def test_a_text_that_is_too_long_for_one_mail_is_parted_between_paragraphs() -> None:
    paragraphs = [f"{number}. thing to say. {WALK} {RAIN}".replace(". ", " th ", 1) for number in range(1_000)]
    course, _ = course_of("\n\n".join(["Walking", *paragraphs]))
    assert [lesson.role for lesson in course.lessons] == [Role.OPENING, *[Role.WEEKLY] * (len(course.lessons) - 1)]
    assert course.lessons[0].title == f"Walking (1/{len(course.lessons)})"
    assert max(len(lesson.body) for lesson in course.lessons) < 60_000
    assert words_of(shown("\n\n".join(lesson.body for lesson in course.lessons))) == words_of(" ".join(paragraphs))


def test_a_title_repeated_in_the_running_head_stays_the_title() -> None:
    page = "Small Repairs\n\n{}\n\n{}\n\n{}\n\n"
    text = "".join(page.format(WALK, RAIN, number) for number in range(1, 5))
    read = article(text)
    assert (read.title, read.sections) == ("Small Repairs", ())
    assert read.introduction == "\n\n".join([WALK, RAIN] * 4)


def test_numbers_between_paragraphs_are_not_taken_for_pages_without_evidence() -> None:
    read = article(f"Walking\n\n1\n\n{WALK}\n\n2\n\n{RAIN}\n\n3\n\n{WALK}\n")
    assert headings(read) == ["1", "2", "3"]


def test_a_pasted_text_of_two_pages_holds_two_articles() -> None:
    page = "Skip to content\nHome\nAbout\n{}\n\n{}\n\nWhy it calms\n\n{}\n\n© 2020 Green Latch\n"
    text = page.format("Walking", f"{WALK} {RAIN}", LONG) + page.format("Sitting", f"{RAIN} {WALK}", LONG)
    assert [(one.title, headings(one)) for one in read_articles(text, name="two.txt")] == [
        ("Walking", ["Why it calms"]),
        ("Sitting", ["Why it calms"]),
    ]


def test_rules_between_the_sections_of_one_article_do_not_part_it() -> None:
    text = f"Walking\n\n{LONG}\n\n-----\n\nWhy it calms\n\n{LONG}\n\n-----\n\nWhat to carry\n\n{LONG}\n"
    (one,) = read_articles(text, name="one.txt")
    assert headings(one) == ["Why it calms", "What to carry"]


# --- furniture in pasted text ---


def left_out(read: Article) -> list[str]:
    return [item.text for item in read.left_out]


def test_a_subscribe_box_is_left_out_but_a_sentence_about_subscribing_stays() -> None:
    sentence = "In the end she decided to subscribe to our newsletter, and she reads it on the bus to her sister."
    box = "Subscribe to our newsletter\nEnter your email\nSubscribe"
    box += "\nWe hate SPAM. We will never sell your information, for any reason."
    read = article(f"Walking\n\n{WALK}\n\n{box}\n\n{sentence}\n")
    assert read.introduction == f"{WALK}\n\n{sentence}"
    assert "Subscribe to our newsletter" in left_out(read)
    assert len(read.left_out) == 4


FURNITURE = [
    "Skip to content",
    "Scroll to Top",
    "Back to top ↑",
    "Receive the latest news",
    "Get notified about new articles",
    "Sign up for our weekly newsletter and get tips in your inbox.",
    "No spam. Unsubscribe at any time.",
    "Share this post:",
    "Share on Facebook",
    "Click to share on X (Opens in new window)",
    "Posted on June 3, 2019 by Rosa Linde",
    "5 min read",
    "March 4, 2023 | 6 min read",
    "Filed Under: Gardens, Patience",
    "Tags: soil, hope",
    "Previous Post: The Loud House",
    "← The Loud House",
    "Continue reading →",
    "Read more »",
    "Your email address will not be published. Required fields are marked *",
    "Comments are closed.",
    "We use cookies to ensure that we give you the best experience on our website.",
    "Accept all cookies",
    "© 2024 Green Latch. All rights reserved.",
    "Copyright 2024 Green Latch",
    "Powered by WordPress",
    "Privacy Policy | Terms of Use",
    "Photo by Someone on Unsplash",
    "Advertisement",
    "Search for:",
    "View this email in your browser",
    "Unsubscribe | Update your preferences",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_between_paragraphs_is_left_out_and_named(line: str) -> None:
    read = article(f"Walking\n\n{WALK}\n\n{line}\n\n{RAIN}\n")
    assert read.introduction == f"{WALK}\n\n{RAIN}"
    assert left_out(read) == [line]
    _, report = to_course([read], slug="s", title="T")
    assert any(told.startswith(f"Left out: '{line}' (page furniture") for told in report.lines)


SENTENCES = [
    "Share this bread with somebody before it is cold, because it does not keep and neither do we.",
    "We use cookies to say thank you at our house, and the recipe is older than the oven.",
    "Home is where the kettle is, and about that nobody in my family has ever had two opinions.",
    "Search for the oldest tree in your street and stand below it until you have heard it twice.",
    "Previously she had never once read more than a page before the lamp went out on her.",
    "By Friday the river was back in its bed, and so were we, and both of us were tired.",
    "Leave a comment on the fridge for whoever comes home last, and see what stands there in the morning.",
    "Copyright law was the subject of the letter that my uncle wrote to the mayor in the spring.",
    "Follow me, said the boy, and we followed him over the wall and into somebody's orchard.",
    "If you have bread, share it with your friends while it is warm, and then with those who are not.",
    "Share it with somebody you trust.",
    "Related: my mother, who listened to the radio in order not to hear my father.",
    "Thank you for reading to me, she said at the end, and I have never had a better review.",
    "Get my blue letter out of the drawer before the post goes, said my aunt, and she meant it kindly.",
    "« Les mains parlent, disait-elle, laisse-leur le temps. »",
    "Comments hurt longer than we think, and the ones that were meant as jokes hurt longest of all.",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_that_only_sounds_like_furniture_stays(sentence: str) -> None:
    read = article(f"Walking\n\n{WALK}\n\n{sentence}\n\n{RAIN}\n")
    assert read.introduction == f"{WALK}\n\n{sentence}\n\n{RAIN}"
    assert read.left_out == ()


def test_a_heading_that_is_a_menu_word_stays_when_text_stands_below_it() -> None:
    read = article(f"Walking\n\n{WALK}\n\nHome\n\n{RAIN}\n\nResources\n\n{WALK}\n\nComments\n\n{RAIN}\n")
    assert headings(read) == ["Home", "Resources", "Comments"]


def test_headings_that_sound_like_a_menu_or_a_name_stay_headings() -> None:
    parts = ["First Steps", "Home", "Starting a newsletter", "Today", "Notes", "Write"]
    text = "\n\n".join(f"{part}\n\n{LONG}" for part in parts)
    read = article(f"Listen\nby Una Beispiel\nMay 3, 2020\n\n{text}\n\nScroll to Top\n")
    assert (read.title, headings(read)) == ("Listen", parts)


def test_a_tip_among_others_stays_though_it_says_to_join_a_list() -> None:
    read = article(f"Walking\n\n{WALK}\n\nWhat to do\n\n- Go out.\n- Subscribe to our newsletter\n- Come back.\n")
    assert "Subscribe to our newsletter" in read.sections[0].body


def test_the_menu_and_the_details_around_a_title_are_left_out() -> None:
    read = article(
        "Skip to content\nHome\nAbout\nServices\nIndividual Lessons\nBlog\nContact\nSearch for:\n\n"
        "Home » Blog » Outdoors\n\nThe Quiet Strength of Walking\nBy Tara Quill, LMFT | March 4, 2023 | 6 min read\n\n"
        f"Share\nFacebook\nTwitter\n\n{WALK}\n\nWhy it calms\n\n{RAIN}\n"
    )
    assert read.title == "The Quiet Strength of Walking"
    assert read.introduction == WALK
    assert headings(read) == ["Why it calms"]
    assert "Individual Lessons" in left_out(read)


def test_an_authors_name_beside_a_date_is_not_a_heading() -> None:
    read = article(
        f"The Quiet Strength of Walking\n\nTara Quill\n\nMarch 4, 2023\n\n{WALK}\n\nWhy it calms\n\n{RAIN}\n"
    )
    assert headings(read) == ["Why it calms"]
    assert read.introduction == WALK


def test_a_table_of_contents_goes_and_a_list_with_prose_below_such_a_heading_stays() -> None:
    read = article(
        f"Walking\n\n{WALK}\n\nTable of Contents\nWhy it calms\nWhat to carry\n\nWhy it calms\n\n{RAIN}\n\n"
        f"What to carry\n\n{WALK}\n"
    )
    assert headings(read) == ["Why it calms", "What to carry"]
    kept = article(f"Walking\n\n{WALK}\n\nIn this article\n\n- why rain is good for people who walk to their work\n")
    assert "why rain is good" in everything(kept)


def test_what_stands_behind_the_end_is_left_out() -> None:
    tail = (
        "Related Posts\nThe Art of Sitting Still\nMay 2, 2022\nFive Ways to Rest\nRead more »\n\n"
        "About the Author\nTara Quill is a teacher who walks. She lives near the sea with two dogs.\n\n"
        "Previous Post\nThe Loud House\nNext Post\nWhy We Hum\n\n"
        "Leave a Reply\nYour email address will not be published. Required fields are marked *\nComment *\nName *\n"
        "Ada says:\nI loved this long article about walking, because it says what I always wanted to say about it.\n"
        "Reply\n\nFacebook\nInstagram\n© 2023 Quill. All rights reserved.\nScroll to Top\n"
    )
    read = article(f"Walking\n\n{WALK}\n\nWhy it calms\n\n{RAIN}\n\n{tail}")
    assert everything(read) == f"{WALK} Why it calms {RAIN}"
    assert words_of(" ".join(left_out(read))) == words_of(tail)


def test_a_last_line_without_a_full_stop_is_not_lost() -> None:
    read = article(f"Walking\n\n{WALK}\n\nWhy it calms\n\n{RAIN}\n\nYou can do this\n\nScroll to Top\n")
    assert read.sections[0].body.endswith("You can do this")


# --- Markdown ---

MARKDOWN = """---
title: "Kitchens and Courage"
date: 2020-01-01
---

Everything brave began in a *kitchen*. See [the map](https://example.org/map_of_it) or [about us](/about).

## The table

A table is where people stop running. **Sit down.** Then talk, and let the soup get cold if it must be so.

> The soup is ready when the talk is.
>
> — my aunt

### What to cook

1. Soup, because it waits
2. Bread, because it is slow
   - rye
   - wheat

#### On hot days

Nothing at all.

## Questions for reflection

- Who sat at your table last?
- Whom would you like to see there?

Next step
---------

Write one invitation tonight, on paper.

![A red door](door.png)
"""


def test_markdown_keeps_its_emphasis_links_lists_and_quotations() -> None:
    course, report = course_of(MARKDOWN)
    assert [lesson.title for lesson in course.lessons] == [
        "Kitchens and Courage",
        "The table",
        "What to cook",
        "Questions for reflection",
    ]
    opening, table, cook, closing = course.lessons
    assert opening.body == (
        "Everything brave began in a *kitchen*. See [the map](https://example.org/map_of_it) or about us."
    )
    assert "> The soup is ready when the talk is.\n>\n> — my aunt" in table.body
    assert cook.body.startswith("1. Soup, because it waits\n2. Bread, because it is slow\n   - rye\n   - wheat")
    assert cook.body.endswith("### On hot days\n\nNothing at all.")
    assert cook.sources == ("The table > What to cook",)
    assert closing.role is Role.CLOSING
    assert closing.body.endswith("## Next step\n\nWrite one invitation tonight, on paper.")
    assert "Left out: 'A red door' (page furniture: a picture's description)." in report.lines
    assert "date: 2020-01-01' (page furniture: front matter)." in str(report)


def test_setext_headings_and_a_title_of_the_first_rank() -> None:
    read = article(f"Walking\n=======\n\n{WALK}\n\nWhy it calms\n------------\n\n{RAIN}\n")
    assert (read.title, headings(read)) == ("Walking", ["Why it calms"])


def test_bold_lines_serve_as_headings() -> None:
    read = article(f"**Walking**\n\n{WALK}\n\n**Why it calms**\n\n{RAIN} **Really.**\n\n**It does.**\n")
    assert (read.title, headings(read)) == ("Walking", ["Why it calms"])
    assert read.sections[0].body == f"{RAIN} **Really.**\n\n**It does.**"


# --- HTML ---

PAGE = f"""<!DOCTYPE html><html><head><title>Gardens That Forgive | Blue Door</title><style>p {{}}</style></head>
<body class="has-sidebar"><header class="site-header"><h1><a href="/">Blue Door</a></h1>
<nav><ul><li><a href="/">Home</a></li></ul></nav></header>
<div class="cookie-notice">We use cookies. <button>OK</button></div>
<main><article><header><h1>Gardens That Forgive</h1><div class="post-meta">By Ines Pohl on May 2, 2021</div></header>
<img src="a.jpg" alt="A red gate"><figure><img src="b.jpg"><figcaption>The gate again</figcaption></figure>
<p>A garden forgives nearly everything, if you <strong>come back</strong>. Even &lt;frost&gt; &amp; hail.</p>
<h2>Why soil is patient</h2><p>{RAIN} <a href="https://example.org/soil">Read on</a> or
<a href="javascript:alert(1)">click</a>.</p>
<div class="newsletter-signup"><h3>Subscribe to our newsletter</h3><form><input type="email"></form></div>
<h2>How to begin</h2><h3>1. Dig one hole</h3><p>{WALK}</p>
<h3>2. Put something in it</h3><p>{RAIN}</p>
<aside><p>Tip: a spoon is a spade for people who have not bought a spade yet.</p></aside>
<table><tr><th>Month</th><th>Task</th></tr><tr><td>March</td><td>Sow beans</td></tr></table>
<dl><dt>Mulch</dt><dd>What you put on top.</dd></dl><p><strong>Watering</strong></p><p>In the morning.</p>
<iframe src="https://example.org">frame</iframe><script>var a = "<p>no</p>";</script>
<div class="sharedaddy"><h3>Share this:</h3><ul><li>Facebook</li></ul></div><footer>Tags: soil</footer></article>
<nav class="post-navigation"><a href="/p">Previous: Sheds</a></nav>
<div id="comments"><h2>1 thought on “Gardens”</h2><article><p>{WALK} {WALK} So say I in my comment.</p></article></div>
</main><aside class="sidebar"><h2>Recent posts</h2><a href="/x">On sheds</a></aside>
<footer>© 2021 Blue Door</footer></body></html>"""


def test_of_a_whole_web_page_only_the_article_stays() -> None:
    read = article(PAGE)
    assert read.title == "Gardens That Forgive"
    assert read.introduction == ("A garden forgives nearly everything, if you **come back**. Even \\<frost> & hail.")
    assert [section.path for section in read.sections] == [
        "Why soil is patient",
        "How to begin",
        "How to begin > 1. Dig one hole",
        "How to begin > 2. Put something in it",
    ]
    last = read.sections[-1].body
    assert "Tip: a spoon is a spade" in last
    assert "March | Sow beans" in last
    assert "- **Mulch**\\\n  What you put on top." in last
    assert last.endswith("### Watering\n\nIn the morning.")


def test_all_that_a_web_page_lost_is_named() -> None:
    told = " ".join(left_out(article(PAGE)))
    for words in (
        "Home",
        "We use cookies",
        "By Ines Pohl",
        "A red gate",
        "The gate again",
        "Subscribe to our",
        "Share this: Facebook",
        "Tags: soil",
        "Previous: Sheds",
        "1 thought on",
        "Recent posts",
        "© 2021",
    ):
        assert words in told
    assert "var a" not in told


def test_links_stay_only_where_a_letter_may_link() -> None:
    body = article(PAGE).sections[0].body
    assert "[Read on](https://example.org/soil) or click." in body
    assert "javascript" not in body


def test_a_soup_of_divisions_and_line_breaks_has_paragraphs_and_headings() -> None:
    read = article(
        f"<div><div><b>Letters We Never Send</b><br><br>{WALK}<br><br><b>Why we write</b><br>{RAIN}<br><br>"
        f"<b>Why we keep them</b><br><br>{WALK}<br>• for a father<br>• for a friend<br><br></div></div>"
    )
    assert (read.title, headings(read)) == ("Letters We Never Send", ["Why we write", "Why we keep them"])
    assert read.sections[1].body == f"{WALK}\n\n- for a father\n- for a friend"


def test_a_page_without_heading_elements_is_read_like_plain_text() -> None:
    read = article(
        f"<html><head><title>When Friends Move - The Lantern</title></head><body><div class='menu'>Home Blog</div>"
        f"<p>When Friends Move</p><p>Posted by Olu on 5 May 2020</p><p>{WALK}</p><p>What changes</p>"
        f"<p>1. Call without a reason</p><p>{RAIN}</p><p>2. Send small things</p><p>{WALK}</p>"
        "<p>Share this post!</p></body></html>"
    )
    assert read.title == "When Friends Move"
    assert read.introduction == WALK
    assert [section.path for section in read.sections][1:] == [
        "What changes > 1. Call without a reason",
        "What changes > 2. Send small things",
    ]


def test_a_fragment_keeps_nested_lists_quotations_and_line_breaks() -> None:
    read = article(
        "<p>First words of a piece that somebody copied out of an editor.</p><h2>One &amp; only</h2>"
        "<ul><li>First<ul><li>Inner <em>one</em></li></ul></li><li>Second<p>more of it</p></li></ul>"
        "<blockquote><p>Quoted.</p><p>Again.</p><footer>— Someone Wise</footer></blockquote>"
        "<p>One line<br>and another, <a href='mailto:a@b.example'>write</a>.</p><ol start='3'><li>c</li><li>d</li></ol>"
    )
    assert headings(read) == ["One & only"]
    assert read.sections[0].body == (
        "- First\n  - Inner *one*\n- Second\n\n  more of it\n\n> Quoted.\n>\n> Again.\n>\n> — Someone Wise\n\n"
        "One line\\\nand another, [write](mailto:a@b.example).\n\n3. c\n4. d"
    )


def test_unclosed_paragraphs_and_items_are_read_as_browsers_read_them() -> None:
    read = article(f"<h1>Walking</h1><p>{WALK}<p>{RAIN}<ul><li>one<li>two</ul>")
    assert read.introduction == f"{WALK}\n\n{RAIN}\n\n- one\n- two"


def test_a_theme_that_calls_everything_sidebar_loses_nothing() -> None:
    read = article(f"<body><div class='sidebar'><h1>Walking</h1><p>{WALK}</p><p>{RAIN}</p></div></body>")
    assert read.introduction == f"{WALK}\n\n{RAIN}"


def test_emphasis_that_markdown_cannot_say_is_dropped_and_its_words_are_not() -> None:
    read = article("<p>He said<strong>“now.”</strong>then he went, and that was all there was to it.</p>")
    assert shown(read.introduction) == "He said“now.”then he went, and that was all there was to it."


# --- shaping the course ---


def a_text(title: str, *parts: str) -> str:
    return "\n\n".join([title, *parts])


def test_a_very_short_section_joins_the_letter_before_it_and_the_report_says_so() -> None:
    course, report = course_of(
        a_text("Walking", LONG, "Why it calms", LONG, "A small note", "Bring water.", "What to carry", LONG)
    )
    assert [lesson.title for lesson in course.lessons] == ["Walking", "Why it calms", "What to carry"]
    assert course.lessons[1].body == f"{LONG}\n\n## A small note\n\nBring water."
    assert course.lessons[1].sources == ("Why it calms", "A small note")
    assert "Section 'A small note' was short (2 words) and joined letter 2 'Why it calms'." in report.lines


def test_where_all_sections_are_brief_each_is_still_a_letter() -> None:
    course, _ = course_of(
        a_text("Rest", WALK, "Doors", "Close one of them today.", "Trees", "Look at one of them today.")
    )
    assert [lesson.title for lesson in course.lessons] == ["Rest", "Doors", "Trees"]


def test_short_parts_of_a_heading_without_text_become_one_letter_named_after_it() -> None:
    one, two = (
        "Go out early and in good shoes.",
        "Come back before the soup is quite cold, and sit down with the others.",
    )
    rules = f"## Rules\n\n### One\n\n{one}\n\n### Two\n\n{two}"
    course, _ = course_of(f"# Walking\n\n{LONG}\n\n{rules}\n\n## More\n\n{LONG}\n\n## Yet more\n\n{LONG}")
    made = letter(course, "Rules")
    assert made.body == f"## One\n\n{one}\n\n## Two\n\n{two}"
    assert made.sources == ("Rules > One", "Rules > Two")


def test_an_article_that_just_stops_has_no_closing_letter() -> None:
    course, _ = course_of(a_text("Walking", LONG, "Why it calms", LONG))
    assert [lesson.role for lesson in course.lessons] == [Role.OPENING, Role.WEEKLY]


@pytest.mark.parametrize(
    "heading", ["Conclusion", "Final thoughts", "Reflection prompts", "Your next steps", "Wrapping up"]
)
def test_an_article_that_ends_itself_gives_the_closing_letter(heading: str) -> None:
    course, _ = course_of(a_text("Walking", LONG, "Why it calms", LONG, heading, LONG))
    assert (course.lessons[-1].role, course.lessons[-1].title) == (Role.CLOSING, heading)


def test_questions_in_the_middle_are_recognised_and_stay_a_weekly_letter() -> None:
    read = article(a_text("Walking", LONG, "Pause here", "- Where do you walk?\n- With whom?", "What to carry", LONG))
    assert read.sections[0].purpose is Purpose.PROMPTS
    course, _ = to_course([read], slug="s", title="T")
    assert [lesson.role for lesson in course.lessons] == [Role.OPENING, Role.WEEKLY, Role.WEEKLY]


def test_several_articles_make_one_course_with_one_opening_one_closing_and_no_key_twice() -> None:
    first = a_text("Walking", LONG, "Why it calms", LONG, "Conclusion", LONG)
    second = a_text("Sitting", LONG, "Why it calms", LONG, "Conclusion", LONG)
    course, report = course_of(first, second)
    assert [(lesson.role.value, lesson.key) for lesson in course.lessons] == [
        ("opening", "walking"),
        ("weekly", "why-it-calms"),
        ("weekly", "conclusion"),
        ("weekly", "sitting"),
        ("weekly", "why-it-calms-2"),
        ("closing", "conclusion-2"),
    ]
    assert course.lessons[4].sources == ("Sitting > Why it calms",)
    assert "The introduction of 'Sitting' became letter 4." in report.lines


def test_a_section_called_introduction_opens_the_course() -> None:
    course, _ = course_of(f"# Walking\n\n## Introduction\n\n{LONG}\n\n## Why it calms\n\n{LONG}")
    assert (course.lessons[0].role, course.lessons[0].title) == (Role.OPENING, "Introduction")


def test_headings_without_a_latin_letter_still_get_keys() -> None:
    course, _ = course_of(f"# 散歩\n\n{LONG}\n\n## 静けさ\n\n{LONG}\n\n## Отдых\n\n{LONG}")
    assert [lesson.key for lesson in course.lessons] == ["letter-1", "letter-2", "letter-3"]


# --- what nobody should have saved as an article ---


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"", "is empty"),
        (" \n\u200b\n", "is empty"),
        (b"\x00\x01\x02" * 100, "is not text"),
        (bytes(range(128, 256)) * 20 + bytes(range(1, 32)) * 20, "is not text"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"PK\x03\x04 ...", "Word"),
        ("a" * 10_000_000, "larger than 5 MB"),
        ("word " * 800_000, "more text than an article"),
        ("<div>" * 60_000 + "x", "nested too deeply"),
        ("<p>x</p>" + "<a " * 1_000_000, "too many elements"),
        ("Home\nAbout\nContact\nScroll to Top\n", "holds no article text"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_is_no_article_is_refused_in_one_sentence_and_soon(source: str | bytes, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(ArticleError, match=says) as caught:
        article(source, "saved.txt")
    assert str(caught.value).startswith("saved.txt")
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "source",
    [
        "# T\n\n" + "[" * 5_000,
        "# T\n\n" + "*a " * 30_000,
        "_" * 500_000,
        "T\n\n" + " " * 1_000_000 + "x",
        "<p>x y z</p>" + "<!--" * 50_000,
        "<p " + 'a="b" ' * 100_000 + ">x y z</p>",
        "<ul>" + "<li>an item" * 900 + "</ul>",
        "Title\n\n" + "Leave a reply\n\nHello there\n\n" * 500,
        "".join(" " * (depth % 300) + "- b\n" for depth in range(3_000)),
    ],
    ids=lambda value: str(value)[:12],
)
def test_odd_sources_are_read_in_reasonable_time(source: str) -> None:
    began = time.monotonic()
    assert article(source).name == "an-article.txt"
    assert time.monotonic() - began < 15
