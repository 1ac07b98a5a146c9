"""How articles call the sections that ask their readers something, and those that send them on their way."""

from __future__ import annotations

import re
from enum import StrEnum

from newsletter.content.wording import squeezed

_PROMPTS = re.compile(
    r"(?:(?:self[- ])?reflect(?:ions?|ive)?|journal(?:l?ing)?|discussion|writing|closing|coaching)"
    r"(?: (?:prompts?|questions?|exercises?|corner|time))"
    r"|(?:prompts?|questions?)(?: (?:for|to|of) .{1,60})?|(?:a )?(?:moment|time|pause) (?:to|for) reflect(?:ion)?"
    r"|(?:a |one |your |this week[’s]* )?(?:prompt|question)(?: (?:for|to) .{1,40})?|for your (?:notebook|journal)"
    r"|reflections?|(?:reflect|journal)(?: on .{1,40})?|(?:things|questions) to (?:ask yourself|reflect on|carry)"
    r"|(?:reflexions|tagebuch|journal|denk)(?:fragen|impulse?|anstöße)|fragen (?:zur|zum|für|an) .{1,40}"
    r"|zum (?:nachdenken|weiterdenken|mitnehmen)|impulsfragen|schreibimpulse?"
    r"|questions? (?:pour|à|de) .{1,40}|pistes de réflexion|pour (?:réfléchir|aller plus loin)"
    r"|preguntas (?:para|de) .{1,40}|para reflexionar|domande (?:per|di) .{1,40}|per riflettere|reflectievragen"
)
_PRACTICE = re.compile(
    r"(?:(?:a|an|the|your|this week[’s]*|daily|weekly|simple|small|quick|try this|guided) )*"
    r"(?:practi[cs]e|exercise|experiment|homework|activity|assignment|action steps?|challenge)"
    r"|(?:now )?(?:try (?:this|it)(?: (?:now|today|at home|yourself|out))?|your turn"
    r"|over to you|give it a try|do this now)"
    r"|(?:eine |kleine |die )?(?:übung|aufgabe)|probier(?:e|en)? (?:es |sie )?(?:aus|das)"
    r"|(?:un |petit |l[’'])?exercice|à vous"
    r"|(?:un |el )?(?:ejercicio|práctica)|(?:un )?esercizio|(?:een )?oefening"
)
_NOTES = re.compile(
    r"(?:(?:end|foot)?notes?|references?|sources?|bibliography|works cited|citations?|further reading)"
    r"(?: (?:and|&) (?:references?|sources?|notes|further reading|resources))?"
    r"|anmerkungen|fußnoten|quellen(?:angaben)?|literatur(?:verzeichnis)?|références?|notes et références|bibliographie"
    r"|referencias|bibliografía|fuentes|notas|riferimenti|fonti|bronnen"
)
_ENDING = re.compile(
    r"(?:in |a |some |the )?(?:conclusions?|closing|summary|short|sum|epilogue|afterword|takeaways?|recap)"
    r"|(?:final|closing|concluding|parting|last|key) (?:thoughts?|words?|remarks?|notes?|reflections?|takeaways?)"
    r"|(?:a )?(?:final|closing|last|parting) (?:thought|word|note|invitation)(?: .{1,40})?"
    r"|(?:(?:take|taking|your|the|what are your) )?(?:the |your )?(?:next|first) steps?(?: .{1,40})?"
    r"|(?:moving|going|looking|the (?:way|path|road)) (?:forward|ahead|on)(?: .{1,40})?|afterwards"
    r"|where (?:to|do (?:you|we)) go (?:from here|next)|what(?:’s| is)? (?:comes )?next"
    r"|(?:the )?bottom line|to (?:sum up|conclude)|wrapping (?:it )?(?:all )?up|summing up"
    r"|(?:bringing|putting|pulling) it (?:all )?together|(?:are you )?ready to .{1,60}|get(?:ting)? "
    r"(?:started|in touch|help)|(?:book|schedule|request) (?:a|an|your) .{1,40}|(?:work|connect|talk) with (?:me|us)"
    r"|we(?:’re| are) here(?: .{1,40})?|(?:contact|call|reach out to) (?:me|us)(?: .{1,40})?"
    r"|(?:mein |ein )?(?:fazit|schluss(?:wort|gedanken)?|zusammenfassung|ausblick|nächste schritte|zum schluss)"
    r"|(?:en |pour |la )?(?:conclusion|conclure|résumé|synthèse)|en résumé|le mot de la fin|prochaines étapes"
    r"|(?:en |para )?(?:conclusi[óo]n(?:es)?|concluir|resumen)|próximos pasos|para terminar"
    r"|conclusioni|in sintesi|conclusie"
)


class Purpose(StrEnum):
    """What a section is for: to tell, to ask, to have something tried, to prove, or to send its reader on her way."""

    TEXT = "text"
    PROMPTS = "prompts"
    PRACTICE = "practice"
    NOTES = "notes"
    ENDING = "ending"


def purpose_of(heading: str) -> Purpose:
    """What a section is for, as far as its heading tells."""
    words = _SYMBOLS.sub("", squeezed(heading).casefold().replace("'", "’")).strip(" .:!?…")
    if len(words) > 120:
        return Purpose.TEXT
    return next((purpose for purpose, pattern in _PURPOSES if pattern.fullmatch(words)), Purpose.TEXT)


_SYMBOLS = re.compile(r"^[^\w¿]+")  # an emoji in front
_PURPOSES = (
    (Purpose.PROMPTS, _PROMPTS),
    (Purpose.PRACTICE, _PRACTICE),
    (Purpose.NOTES, _NOTES),
    (Purpose.ENDING, _ENDING),
)
