"""The words that English pages put around their articles, by what they are there for."""

from __future__ import annotations

from newsletter.content.datelines import DATE, READING

NETWORK = (
    r"(?:facebook|twitter|x|instagram|linked ?in|pinterest|whats ?app|tumblr|reddit|youtube|tiktok|threads"
    r"|mastodon|bluesky|telegram|messenger|flipboard|pocket|e-?mail|print|rss|copy link|link)"
)
NAV = (
    r"home|about(?: us| me)?|our (?:team|story|approach|services|work|mission|blog|practice)|services"
    r"|contact(?: us| me)?"
    r"|blog|shop|store|faqs?|resources|testimonials|(?:main |primary |mobile )?menu|close(?: menu)?"
    r"|(?:toggle|main|primary|site|post) navigation|navigation|log ?in|log ?out|sign ?in|sign ?up|register"
    r"|cart(?: \(?\d+\)?)?"
    r"|(?:my )?account|pricing|rates(?: (?:&|and) insurance)?|fees|events|careers|jobs|donate|book now|appointments?"
    r"|book (?:an? )?(?:appointment|call|session|consultation)|schedule (?:an? )?(?:appointment|call"
    r"|session|consultation)"
    r"|get started|news|press|podcast|books|courses|workshops|gallery|portfolio|locations?|team|meet (?:the|our) team"
    r"|privacy|terms|legal|sitemap|disclaimer|accessibility(?: statement)?|imprint|new clients|client portal|search"
    r"|(?:\S{1,20} )?newsletter|subscribe|join(?: now| us)?|submit|send|ok|i agree|got it|accept|decline|learn more"
    r"|follow(?: us| me)?"
    r"|share|tweet|pin|like|like this|copied|reply|comments?|archives?|categories|category|tags?|topics"
    r"|notes|more|listen|write|clap|menu|top|latest|today|magazine|previous|next|prev|top|name|website|phone"
)
_SITE = r"(?:our|my|the|this)"
_LETTER = r"(?:newsletter|mailing list|e-?mail list|e-?mail newsletter|e-?mails|blog|rss feed|e-?mail updates)"

# Whole lines (or whole sentences of a paragraph) that are furniture wherever they stand. Text is compared
# lower-cased, on one line, without closing punctuation, arrows and asterisks. Every repetition is bounded.
CERTAIN = {
    "a link within the page": (
        r"(?:top|bottom|end) of (?:the )?page",
        r"open in (?:the )?app|get the app|start writing|text to speech",
        r"\S{0,20}home(?:about|blog|shop|services|work|contact|journal)\S{0,80}(?: \S{1,60}){0,6}",
        r"(?:skip|jump) to (?:the )?(?:main |primary |page )?(?:content|navigation|footer|search|menu|sidebar)",
        r"(?:scroll|back|return|go)(?: back)? to (?:the )?top(?: of (?:the )?page)?",
        r"(?:open|close|toggle) (?:the )?(?:menu|navigation|search|sidebar)",
    ),
    "a subscribe box": (
        r"not (?:yet )?(?:subscribed|a subscriber)(?: yet)?\?(?: .{0,40})?|sign up here",
        r"get (?:our|my) .{1,40} (?:e-?mail|newsletter|letter|digest)",
        r"your privacy is important to us(?: .{0,60})?|subscribe form|thanks? (?:you )?for submitting",
        (
            r"(?:sign|signing) up (?:for|to) (?:.{1,40} )?(?:newsletter|weekly|daily|monthly|e-?mails?|updates"
            r"|letters?)(?: .{0,60})?"
        ),
        r"sign up with your e-?mail(?: address)?(?: .{0,60})?|type your e-?mail(?: .{0,30})?",
        r".{1,60} is a (?:reader-supported|free) (?:publication|newsletter)(?: .{0,80})?",
        r"to (?:receive|support)(?: \S{1,20}){1,14} (?:subscriber|subscription)(?: .{0,40})?",
        r"(?:subscribe|upgrade)(?: \S{1,12}){0,5} (?:to|for) (?:free|paid|receive|support|get|read)(?: .{0,80})?",
        (
            r"(?:.{0,60} )?(?:words|letters|stories|tips|articles|posts)(?: .{0,60})? (?:straight|directly|right"
            r"|delivered)? ?to your inbox"
        ),
        r"get (?:our|my|the|a) (?:free |new )?(?:weekly|monthly|daily) (?:letter|newsletter|e-?mail|digest)",
        r"ready for more\?",
        (
            rf"(?:please )?(?:subscribe|sign up|join|opt in)(?: now| today| here)?(?: to| for)? {_SITE}"
            rf"(?: \S{{1,20}}){{0,3}} {_LETTER}(?: .{{0,90}})?"
        ),
        rf"subscribe(?: now| today| here| via e-?mail| by e-?mail)?(?: to {_LETTER})?(?: via e-?mail| by e-?mail)?",
        r"sign (?:me )?up(?: now| today| here| for free)",
        (
            r"(?:receive|get) (?:the|our|my|all the) latest (?:news|posts?|articles?|updates|stories"
            r"|blog posts?|content|tips)(?: .{0,80})?"
        ),
        r"(?:get|be) notified (?:about|of|when|whenever)(?: .{0,70})?",
        (
            r"(?:get|receive) (?:our|my|new|fresh|weekly|monthly|free|the|more)(?: \S{1,20}){0,6} (?:in|to"
            r"|into) your (?:e-?mail )?inbox(?: .{0,40})?"
        ),
        r"(?:delivered )?(?:straight|directly|right|delivered) to your inbox(?: .{0,40})?",
        r"never miss (?:a|an|another|our)(?: new)? (?:post|update|article|story|blog|blog post|issue)(?: .{0,40})?",
        r"(?:don[’']t|do not) miss (?:a|an|another|our)(?: new)? (?:post|update|article|issue)(?: .{0,40})?",
        (
            r"we (?:hate|despise|respect|don[’']t|do not|never|won[’']t|will never|promise|take)"
            r"(?: \S{1,20}){0,8} (?:spam|your privacy|your (?:information|data|e-?mail(?: address)?))"
            r"(?:, .{0,40})?"
        ),
        r"(?:we|i) will never sell(?: .{0,60})?",
        r"no spam(?:[,.!] ?.{0,40}| ever| guaranteed|, ever)?",
        r"(?:you can |you may )?unsubscribe (?:at )?any ?time(?: .{0,50})?",
        (
            r"(?:please )?(?:enter|type|add)?(?: in)? ?your (?:first name|last name|full name|name|e-?mail"
            r"(?: address)?)(?: here| to subscribe)?"
        ),
        r"(?:e-?mail address|first name|last name|full name)(?: ?\(?required\)?)?",
        r"(?:thank you|thanks) for (?:subscribing|signing up)(?: .{0,40})?",
        r"(?:success|you have successfully)[!,.]? .{0,30}(?:subscribed|joined our (?:subscriber|mailing) list)",
        r"join (?:over |more than )?[\d,.]{1,9}k?\+? (?:other )?(?:readers|subscribers|people)(?: .{0,60})?",
        r"(?:like|enjoyed?) (?:this|what you read|this (?:post|article)).{0,20}(?:subscribe|sign up)(?: .{0,60})?",
    ),
    "share links": (
        (
            r"(?:if )?(?:this|it) (?:spoke to|resonated with|helped|touched) you, .{0,20}(?:share|forward|pass"
            r"|send) .{1,60}"
        ),
        rf"{NETWORK} ?\d{{1,6}}(?: {NETWORK} ?\d{{0,6}}| \d{{1,6}}| likes?){{0,9}}",
        (
            r"(?:if you )?(?:like|liked|enjoyed|loved|found) (?:this|what you read)(?: \S{1,20}){0,4}(?:,|\?)"
            r" (?:please )?(?:share|pass|forward|clap|send) .{1,90}"
        ),
        r"(?:please )?share this with (?:a friend|friends|someone|somebody|your friends)(?: .{0,60})?",
        r"if this was of (?:use|help) to you, .{0,20}(?:clap|follow|share|subscribe) .{1,90}",
        r"thanks? (?:you )?(?:so much )?for reading(?: .{0,60})?",
        r"share (?:this|the|it)(?: (?:post|article|story|page|entry|blog|on|via|link)(?: .{0,40})?)?",
        (
            rf"(?:click to )?(?:share|tweet|post|pin|save|follow us|follow me|follow|find us"
            rf"|connect with us)(?: this)? (?:on|via|to|with) {NETWORK}(?: .{{0,40}})?"
        ),
        rf"{NETWORK}(?:\s?[|,/·•]?\s{NETWORK}){{1,12}}",
        r"(?:click to )?e-?mail (?:a link to|this(?: to| article| post| page)?)(?: a friend)?",
        r"(?:click to )?print(?: this)?(?: page| article| post)",
        r".{0,40}\(opens in (?:a )?new (?:window|tab)\)",
        r"(?:follow|find|connect with) (?:us|me) (?:on|at)(?: .{0,50})?",
        r"like loading(?:\.{3}|…)?|loading(?:\.{3}|…)?|tweet this|pin it|copy link|link copied",
        r"\d{1,6} shares?|shares? \d{1,6}",
    ),
    "the post's own details": (
        r"published|updated|image caption,?",
        rf"(?:last |medically |fact[- ]){{1,2}}(?:reviewed|checked)(?: on|:)? ?{DATE}",
        r"how we (?:reviewed|checked) this article",
        (
            rf"(?:posted|published|updated|last updated|last modified|reviewed|created|first published|originally"
            rf" published)(?: on|:)? ?{DATE}(?: .{{0,90}})?"
        ),
        (
            r"(?:this (?:article|post|essay|piece|story) (?:was )?)?(?:originally|first) (?:published|appeared"
            r"|posted) (?:at|on|in|by) .{1,90}"
        ),
        rf".{{2,40}} ?[/|·•] ?{DATE}|{READING} ?[·•|] ?{DATE}|{DATE} ?[·•|] ?{READING}",
        r"(?:#[\w-]{2,40}[\s,]*){1,20}|filed under",
        r"(?:medically |fact[- ]|peer )?(?:reviewed|checked|verified) by .{2,60}|key takeaways? by .{1,40}",
        (
            r"(?:posted|published|updated|last updated|last modified|reviewed|medically reviewed)(?: on"
            r"| by|:){1,2} ?.{0,70}"
        ),
        r"(?:written|posted|words|story|text) by(?: \S{1,20}){1,6}|posted in(?: \S{1,20}){1,6}",
        rf"{READING}",
        rf"by .{{2,40}} ?[|·•,–—-] ?{DATE}(?: ?[|·•,–—-] ?.{{1,60}})?",
        rf"{DATE} ?[|·•] ?.{{1,60}}",
        rf".{{2,40}} ?[|·•] ?{DATE}(?: ?[|·•–—-] ?.{{1,60}})?",
        rf"(?:.{{2,60}} ?[|·•] ?)?{READING}(?: ?[|·•] ?.{{1,60}})?",
        r"(?:tags?|tagged|categor(?:y|ies)|filed under|posted in|tagged (?:with|as)|topics?): ?.{1,120}",
        r"(?:filed under|posted in|tagged with|tagged as) .{1,60}",
    ),
    "a link to another post": (
        (
            r"(?:previous|next|older|newer|prev) (?:post|article|story|entry|page|posts|articles|entries"
            r"|blog post)(?: ?[:→»›-] ?.{0,120})?"
        ),
        r"(?:previous|next|prev|up next|read next): .{1,120}",
        (
            r"(?:continue reading|read more|read the (?:full|rest|whole)(?: .{0,30})?|read full (?:article"
            r"|post|story)|load more|show more|see more)(?: (?:about|from|posts|articles|stories|on)"
            r"(?: .{0,60})?)?"
        ),
        r"(?:view|see|browse) all (?:posts?|articles|stories|entries)(?: .{0,40})?",
    ),
    "an invitation to comment": (
        r"(?:did|has) this (?:article|page|post) help(?:ed)?(?: you)?(?:\?.{0,30})?",
        r"(?:was|did you find) this (?:article|page|post|answer)? ?(?:helpful|useful)(?:\?.{0,30})?",
        r"report this (?:article|post|page)",
        r"type here|comments? \*",
        r"(?:your e-?mail address will not be published|required fields are marked)(?: .{0,40})?",
        r"save my name, e-?mail(?: .{0,120})?|save my name(?:,| and) .{0,100}browser.{0,60}",
        r"(?:notify|e-?mail) me (?:of|when|about|via e-?mail)(?: .{0,60})?",
        r"comments? (?:are|is) (?:closed|off|disabled)(?: .{0,50})?|comments? (?:feed|off)(?: .{0,60})?",
        r"this site uses akismet(?: .{0,60})?|learn how your comment data is processed",
        r"(?:cancel|click here to cancel) reply|post comment|submit comment|add comment|reply to .{1,40}",
        r"you must be logged in to .{1,40}|log in to (?:reply|comment|leave a comment)",
    ),
    "a cookie notice": (
        (
            r"(?:we|this (?:web ?)?site|our (?:web ?)?site|our partners)(?: (?:and|may|also|only|our"
            r"|partners|\S{1,12})){0,5} uses? cookies?"
            r"(?: (?:and|on|for|that|which|in order to|to (?!say|thank|feed|make friends)).{0,250})?"
        ),
        (
            r"by (?:continuing|using|clicking|browsing|closing|visiting)(?: .{0,160})?(?:cookies?"
            r"|privacy policy|terms)(?: .{0,80})?"
        ),
        r"if you continue to use this (?:web ?)?site(?: .{0,120})?",
        (
            r"(?:accept|allow|reject|decline|deny|manage|customi[sz]e)(?: all| only)?(?: (?:necessary"
            r"|essential|optional))?(?: (?:cookies|consent|preferences|settings))"
        ),
        r"(?:accept|reject|decline|deny|allow) all",
        r"cookies? (?:settings|policy|preferences|notice|consent)|privacy (?:policy|overview|notice)",
        r"(?:read|see|view) our (?:privacy|cookie) (?:policy|notice)(?: .{0,60})?",
    ),
    "the page's footer": (
        r"made with (?:squarespace|wix|weebly|webflow|ghost|wordpress|love)(?: .{0,40})?|reprinted with permission",
        r"(?:you are )?visitor (?:no\.?|number) ?\d{1,9}|last modified:? .{1,40}",
        r"(?:©|\(c\)) ?.{0,200}",
        r"copyright (?:©|\(c\)|\d{4}).{0,200}",
        r"(?:.{0,60} )?all rights reserved(?: .{0,60})?",
        r"terms(?: (?:of|and|&) (?:use|service|conditions?)){1,2}",
        r"(?:proudly )?powered by .{1,40}|(?:web ?)?site (?:designed|built|made|created)? ?by .{1,40}",
        r"theme by .{1,40}",
        r"(?:privacy policy|terms|cookie policy|sitemap)(?: ?[|·•/-] ?.{1,30}){1,6}",
    ),
    "a mail's footer": (
        r"(?:our|the) (?:mailing|postal) address is:? ?.{0,120}",
        r"want to change how you receive these e-?mails\?|you can update your preferences(?: .{0,60})?",
        r"(?:this|the) (?:e-?mail|message|newsletter) was sent to .{1,120}|forward(?: this)?(?: e-?mail)? to a friend",
        r"(?:view|open|read) (?:this|it|the) ?(?:e-?mail|newsletter|message)? ?(?:online|in (?:your|a|the) browser)",
        r"you(?: are|[’']re)? (?:receiving|received|getting|got) this (?:e-?mail|newsletter|message)(?: .{0,120})?",
        r"(?:update|change|manage) (?:your )?(?:e-?mail |subscription )?preferences",
        r"unsubscribe(?: (?:here|from (?:this|our) .{1,30}))?(?: ?[|·•,/-] ?.{1,40}){0,3}",
    ),
    "a search box": (
        r"search(?: for)?(?: (?:this|the|our) (?:site|blog|website)| here|:|\.{3}|…)",
        r"search for|type (?:and|to) (?:press|hit|search)(?: .{0,30})?",
        r"(?:press|hit) (?:enter|esc)(?: .{0,40})?|no results found",
    ),
    "a picture's caption": (
        r"source: .{2,40}/(?:pexels|unsplash|pixabay|shutterstock|istock|getty|flickr|wikimedia)(?: .{0,30})?",
        r"press enter or click to view image in full size|(?:.{0,90} )?(?:image|photo|picture) credits?:? .{1,60}",
        r"(?:click|tap) to (?:enlarge|expand|zoom)(?: .{0,30})?|view fullsize",
        (
            r"(?:image|photo|picture|photograph|photography|illustration|artwork)(?: credits?| source"
            r"| courtesy)? ?(?:by|:|©|courtesy of) ?.{1,90}"
        ),
        r"(?:image|photo|picture) \d{1,3}|featured image|\[(?:image|photo|picture|video|gallery|caption).{0,120}\]",
        r"\S{1,80}\.(?:jpe?g|png|gif|webp|svg|avif)|.{0,60}(?:getty images|shutterstock|istock|unsplash)",
    ),
    "an advertisement": (
        r"(?:article|story|post) continues (?:after|below)(?: (?:the |this )?(?:ad|advertisement|video))?",
        r"(?:skip|close) ad",
        r"advertisements?|sponsored(?: (?:content|post))?|(?:ad|ads) by .{1,30}|affiliate disclosure",
    ),
    "a player's control": (r"listen to this (?:article|post|story|episode).{0,30}|\d{1,2}:\d\d(?: ?/ ?\d{1,2}:\d\d)?",),
}

OPENERS = {
    "related posts": (
        r"read (?:this )?(?:next|more)(?: (?:articles|stories|posts))?|more articles(?: (?:by|from) .{1,40})?",
        r"more (?:on (?:this|the) (?:topic|subject)|(?:from|by) .{2,50})|recommended from .{2,40}",
        r"see more recommendations",
        r"related(?:: .{1,120})?|(?:see|read) also(?:: .{1,120})?|most (?:popular|read|shared|recent)|recent issue",
        r"further stories",
        r"related(?: (?:posts?|articles?|stories|content|topics|reads|blogs?|blog posts))",
        r"you (?:may|might|[’']ll|will)(?: also| even)? (?:like|enjoy|love|be interested in)(?: .{0,30})?",
        (
            r"(?:more|recent|latest|popular|featured|similar|other|new|trending|top) (?:posts?|articles?"
            r"|stories|blog posts?|entries|from (?:the|our|this|my) (?:blog|archives?|author))"
            r"(?: .{0,30})?"
        ),
        r"(?:read|up) next|keep reading|what to read next|recommended(?: for you| posts| articles)",
        r"trending(?: now)?|recent comments",
    ),
    "comments": (
        r"discussion about this (?:post|article)|(?:top|all) comments|responses? ?\(\d{1,5}\)",
        r"(?:leave|post|add|write) (?:a|your) (?:reply|comment)(?: .{0,40})?",
        r"(?:\d{1,5}|no|one) (?:comments?|replies|reply|responses?)(?: (?:on|to) .{0,160})?",
        r"(?:\d{1,5}|one|two|three|four|five|six|seven|eight|nine|ten) (?:thoughts?|responses?) (?:on|to) .{1,160}",
        r"join the (?:conversation|discussion)|what do you think\? .{0,30}comments.{0,20}|comments ?\(\d{1,5}\)",
    ),
    "the author's biography": (
        r"(?:written by|about) (?:the )?(?:author|contributor|writer)s?|meet the (?:contributor|writer)s?",
        r"(?:about|meet) the (?:authors?|writer)|author bio(?:graphy)?|about the contributor|(?:the )?author",
    ),
    "the table of contents": (
        r"(?:table of )?contents|(?:in|on) this (?:article|post|page)",
        r"what[’']s (?:inside|in this (?:article|post))|jump to(?: section)?|quick links|overview",
    ),
}
