"""What publishing would do, in lines."""

from datetime import UTC, datetime

from newsletter.domain.forecast import Forecast, LessonAhead, LessonGone
from newsletter.domain.path import Late

_WHO = {
    Late.UPCOMING: "for upcoming readers",
    Late.FINISHED: "also for those who finished",
    Late.NOBODY: "for nobody who has begun",
}


def lines(told: Forecast) -> list[str]:
    """A forecast for somebody at a terminal. Instants are in UTC."""
    inside = f"{_people(told.inside)} inside, {told.finished:,} finished"
    inside += f"; for {told.reopened:,} of these it goes on." if told.reopened else "."
    return [
        inside,
        *(_ahead(lesson) for lesson in told.lessons),
        *(line for lesson in told.gone for line in _gone(lesson)),
        f"Who would get a letter twice: {told.twice or 'nobody'}.",
        f"Who would have got another letter and now gets none: {told.stranded or 'nobody'}.",
        *([f"No time is known yet for {_people(told.undated)}: paused or held."] if told.undated else []),
    ]


def _ahead(lesson: LessonAhead) -> str:
    if lesson.first_at and lesson.last_at:
        when = f", {_day(lesson.first_at)} to {_day(lesson.last_at)}"
    else:
        when = ""
    parts = [f"  {'+' if lesson.is_new else ' '} {lesson.key}: {_people(lesson.people)}{when}"]
    if lesson.next_for:
        parts.append(f"next for {lesson.next_for:,}")
    if lesson.is_new:
        parts.append(f"new, {_WHO[Late(lesson.late)]}")
        parts.append(f"{_people(lesson.passed)} inside past it do not get it")
    if lesson.finished:
        parts.append(f"{lesson.finished:,} of them had finished")
    return "; ".join(parts)


def _gone(lesson: LessonGone) -> list[str]:
    said = [f"  - {lesson.key}: taken out; {_people(lesson.people)} would have got it"]
    for key, many in lesson.instead.items():
        then = f"gets {key} instead" if key else "gets no further letter"
        said.append(f"      {_people(many)}: it was next, {then}")
    return said


def _people(many: int) -> str:
    return "1 person" if many == 1 else f"{many:,} people"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
