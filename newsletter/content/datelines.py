"""How pages date and sign their articles: dates, reading times, by-lines, in the languages that we know."""

from __future__ import annotations

_MONTH = (
    r"(?:jan(?:uary|uar|vier|v)?|feb(?:ruary|ruar)?|f[ée]vr?(?:ier)?|mar(?:ch|s|zo|ço)?|märz?|apr(?:il|ile)?|avr(?:il)?"
    r"|may|mai|mayo|maio|maggio|june?|juni|juin|junio|juil(?:let)?|july?|juli|julio|aug(?:ust)?|ao[ûu]t|agosto|ago"
    r"|sept?(?:ember|embre|iembre)?|o[ck]t(?:ober|obre|ubre)?|nov(?:ember|embre|iembre)?|de[cz](?:ember|embre)?"
    r"|d[ée]c(?:embre)?|dic(?:iembre)?|ene(?:ro)?|jänner|febrero|abr(?:il)?|gennaio|febbraio|giugno|luglio|settembre"
    r"|ottobre|dicembre|maart|mei|augustus|janeiro|fevereiro|junho|julho|setembro|outubro|novembro|dezembro)\.?"
)
_DAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|montag|dienstag|mittwoch|donnerstag|freitag"
    r"|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes"
    r"|sábado|domingo)"
)
_CLOCK = r"(?:,? (?:at |um |à |a las )?\d{1,2}[:.h]\d\d ?(?:[ap]\.?m\.?|uhr)?(?: [a-z]{2,4})?)?"
DATE = (
    rf"(?:{_DAY},? )?(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|er)? (?:de |of )?{_MONTH},?(?: de| del)? \d{{4}}|{_MONTH} \d{{4}}"
    rf"|\d{{1,2}}\.? [^\W\d_]{{3,12}}\.? \d{{4}}"
    rf"|\d{{4}}[-/.]\d\d?[-/.]\d\d?|\d{{1,2}}[./-] ?\d{{1,2}}[./-] ?\d{{2,4}}){_CLOCK}"
)
"""A day with its year, in words or figures, perhaps with the hour; the text is lower-cased before."""

DAY_OF_YEAR = rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}}\.? (?:de )?{_MONTH})"
"""A day without its year, as blogs write it above a title."""

_MINUTES = r"(?:min(?:ute)?s?|minuten|minutos|minuti|min\.)"
READING = (
    rf"(?:\d{{1,3}}(?: ?[-–] ?\d{{1,3}})?[- ]{_MINUTES}"
    r"(?:[- ](?:read|to read|lesezeit|de lectura|de lecture|di lettura|leestijd|de leitura))?"
    r"|(?:estimated )?(?:reading|read) time:? .{1,20}|(?:geschätzte )?lesezeit:? .{1,20}"
    r"|(?:temps|durée) de lecture ?:? .{1,20}|tiempo de lectura:? .{1,20}|tempo di lettura:? .{1,20})"
)
"""How long the article takes to read."""

_ROLES = (
    r"(?:by|(?:written|co-authored) by|words by|text by|story by|posted by|published by|edited by|reviewed by"
    r"|interview(?: by|:)|text:|words:|story:|author:|photos?:|illustrations?:|von|geschrieben von|autor(?:in)?:"
    r"|foto:|par|rédigé par|écrit par|propos recueillis par|auteur:|por|escrito por|autora?:"
    r"|writer:|автор:|текст:|di|scritto da|door)"
)
BYLINE = rf"{_ROLES} (?!\w+ing\b)(?=\S)(?:[^.!?…]|(?<=\b\w)\.|(?<=\bdr|\bmr|\bms|\bst)\.|(?<=\bmrs)\.){{2,70}}"
"""Who wrote it: "By Jane Doe, LPC", "Von A. N. Beispiel"."""
