"""The words that German, French, Spanish, Italian and Dutch pages put around their articles.

Only what such pages nearly all have: menus, share bars, subscribe boxes, comment forms, footers.
"""

from __future__ import annotations

from newsletter.content.datelines import DATE

NAV = (
    r"startseite|über (?:mich|uns)|angebote?|leistungen|kontakt|impressum|datenschutz(?:erklärung)?|agb|suche|menü"
    r"|teilen|drucken|anmelden|abmelden|registrieren|warenkorb|termine|aktuelles|kommentare?|antworten|absenden|abonnieren"
    r"|gefällt mir|weiter|zurück|schließen|akzeptieren|ablehnen|mehr|weiterlesen|e-mail"
    r"|accueil|à propos|nos services|boutique|rechercher|recherche|partager|imprimer|connexion|s[’']inscrire|panier"
    r"|commentaires?|répondre|envoyer|fermer|accepter|refuser|suivant|précédent|nom|mentions légales|plan du site"
    r"|inicio|sobre (?:mí|nosotros)|quiénes somos|servicios|tienda|contacto|buscar|compartir|imprimir|iniciar sesión"
    r"|registrarse|carrito|comentarios?|responder|enviar|cerrar|aceptar|rechazar|siguiente|anterior|nombre|aviso legal"
    r"|chi (?:sono|siamo)|servizi|contatti|cerca|condividi|stampa|accedi|commenti|rispondi|invia|chiudi|accetta|rifiuta"
    r"|over (?:mij|ons)|diensten|zoeken|delen|afdrukken|inloggen|reacties?|versturen|sluiten|accepteren|weigeren"
)

CERTAIN = {
    "a link within the page": (
        r"(?:direkt )?zum (?:inhalt|menü|seitenanfang)(?: springen| wechseln)?|nach oben(?: scrollen)?",
        r"(?:aller|passer) au (?:contenu|menu)(?: principal)?",
        r"(?:haut de (?:la )?page|retour en haut)(?: de (?:la )?page)?",
        r"(?:saltar|ir) al (?:contenido|menú)(?: principal)?|volver arriba|ir arriba",
        r"(?:vai|salta|passa) al contenuto(?: principale)?|torna su|torna in alto|naar (?:de )?inhoud(?: gaan)?",
        r"naar boven",
    ),
    "a subscribe box": (
        (
            r"(?:jetzt )?(?:unseren |meinen |den |zum |für den )?newsletter(?: jetzt)? (?:abonnieren|bestellen"
            r"|anmelden)(?: .{0,60})?"
        ),
        r"(?:melde dich|melden sie sich|trage dich|tragen sie sich) .{0,40}newsletter .{1,80}",
        r"(?:deine|ihre) e-?mail-?adresse(?: eingeben| \*)?|kein spam.{0,40}|(?:du kannst|sie können) .{0,60}abmelden",
        (
            r"(?:inscrivez-vous|abonnez-vous|je m[’']inscris|s[’']inscrire|s[’']abonner) à (?:notre|ma|la|mon)"
            r" (?:newsletter|infolettre|lettre).{0,60}"
        ),
        r"(?:votre|entrez votre) (?:adresse )?e-?mail|recevez (?:nos|mes|les) .{1,80}",
        (
            r"(?:suscríbete|suscríbase|suscribirse|inscríbete) (?:a|al|en)? ?(?:nuestro|nuestra|mi|la|el)?"
            r" ?(?:boletín|newsletter|blog|lista).{0,60}"
        ),
        r"(?:tu|su|introduce tu) (?:correo(?: electrónico)?|e-?mail)|recibe (?:nuestros|mis|las|los) .{1,80}",
        r"iscriviti all(?:a|e)(?: nostra| mia)? (?:newsletter|mailing list).{0,60}",
        r"(?:schrijf je in|meld je aan) voor (?:de|onze) nieuwsbrief.{0,60}",
    ),
    "share links": (
        r"(?:auf|bei|per|via) \S{1,20} (?:teilen|senden|merken)|(?:beitrag|artikel|seite) (?:teilen|drucken|merken)",
        r"(?:teilen|drucken|merken) (?:auf|mit|bei|per|via) .{1,30}|(?:diesen|den) (?:beitrag|artikel) teilen.{0,40}",
        r"partager (?:sur|cet article|cette page|ceci|par|via).{0,60}|imprimer (?:cet article|la page)",
        r"compartir (?:en|esto|este artículo|por|con|vía).{0,60}|comparte (?:esto|este artículo|en).{0,60}",
        r"condividi (?:su|questo articolo|via).{0,60}|deel (?:dit|op|via).{0,60}",
    ),
    "the post's own details": (
        (
            rf"(?:veröffentlicht|geschrieben|erstellt|aktualisiert|zuletzt (?:geändert|aktualisiert))(?: am| von"
            rf"|:)? ?{DATE}.{{0,90}}"
        ),
        rf"(?:publié|mis à jour|posté|rédigé)(?: le| par|:)? ?{DATE}.{{0,90}}",
        rf"(?:publicado|actualizado|escrito)(?: el| por|:)? ?{DATE}.{{0,90}}",
        rf"(?:pubblicato|aggiornato)(?: il)? ?{DATE}.{{0,90}}",
        r"(?:schlagwörter|schlagworte|kategorien?|abgelegt unter|verschlagwortet mit|étiquettes?|catégories?"
        r"|classé dans|etiquetas?|categorías?|archivado en|publicado en|trefwoorden|categorie)(?::| ) ?.{1,120}",
    ),
    "a link to another post": (
        r"(?:voriger|vorheriger|nächster|älterer|neuerer) (?:beitrag|artikel)(?::? .{0,120})?",
        r"zum (?:nächsten|vorigen) beitrag",
        r"(?:article|billet) (?:précédent|suivant)(?::? .{0,120})?",
        r"(?:entrada|artículo) (?:anterior|siguiente)(?::? .{0,120})?",
        r"(?:artikel|beitrag) (?:lesen|weiterlesen)|lire la suite(?: .{0,60})?|en savoir plus|leer más",
        r"seguir leyendo|leggi tutto",
        r"das könnte (?:sie|dich|ihnen|dir|euch) (?:auch )?(?:interessieren|gefallen)(?:: .{1,120})?",
        (
            r"(?:à lire aussi|lire aussi|lee también|te puede interesar|leggi anche|lees ook|lesen sie auch|lies"
            r" auch)(?: ?: .{1,120})?"
        ),
    ),
    "an invitation to comment": (
        r"(?:deine|ihre) e-?mail-?adresse wird nicht veröffentlicht.{0,60}|erforderliche felder sind.{0,40}markiert",
        r"(?:votre|l[’']) ?adresse e-?mail ne sera pas publiée.{0,60}|les champs obligatoires sont.{0,40}",
        r"(?:tu|su) dirección de correo electrónico no será publicada.{0,60}|los campos obligatorios están.{0,40}",
        r"il tuo indirizzo e-?mail non sarà pubblicato.{0,60}|je e-?mailadres wordt niet gepubliceerd.{0,60}",
        r"(?:kommentar|kommentare) (?:\*|abschicken|abonnieren|absenden)",
        r"(?:meinen|name).{0,60}browser.{0,60}speichern.{0,80}",
        r"enregistrer mon nom.{0,140}|guarda(?:r)? mi nombre.{0,140}|laisser un commentaire annuler.{0,30}",
    ),
    "a cookie notice": (
        (
            r"(?:wir|diese (?:web ?)?seite|unsere (?:web ?)?seite)(?: \S{1,20}){0,4} (?:verwende[nt]|nutz(?:t|en)"
            r"|benutz(?:t|en)|setzt?) .{0,20}cookies.{0,250}"
        ),
        r"(?:nous utilisons|ce site utilise)(?: \S{1,20}){0,3} cookies.{0,250}",
        r"en poursuivant (?:votre )?navigation.{0,160}",
        r"(?:utilizamos|usamos|este sitio (?:web )?utiliza)(?: \S{1,20}){0,3} cookies.{0,250}",
        r"(?:questo sito|noi) (?:utilizza|usa|utilizziamo)(?: i)? cookies?.{0,250}",
        r"(?:alle(?: cookies)?|tout|todas?|tutti) (?:akzeptieren|ablehnen|accepter|refuser|aceptar|rechazar|accettare)",
        r"(?:cookie-?(?:einstellungen|richtlinie)|(?:paramètres|gestion|política|configuración) (?:des|de) cookies)",
    ),
    "the page's footer": (
        (
            r"(?:.{0,60} )?(?:alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|tutti i"
            r" diritti riservati|alle rechten voorbehouden).{0,60}"
        ),
        r"(?:impressum|datenschutz(?:erklärung)?|agb|mentions légales|politique de confidentialité|aviso legal"
        r"|política de privacidad|nutzungsbedingungen|conditions générales(?: .{1,30})?|privacybeleid)"
        r"(?:(?: ?[|·•/,-] ?| ).{1,40}){0,6}",
    ),
}

OPENERS = {
    "related posts": (
        r"(?:ähnliche|weitere|verwandte|neueste|beliebte|passende) (?:beiträge|artikel|themen|posts)(?: .{0,30})?",
        r"auch interessant",
        r"weiterlesen|(?:mehr|weiteres) (?:zum thema|aus dem blog|von .{2,40})",
        r"(?:articles|billets|sujets) (?:similaires|récents|liés|connexes)",
        r"(?:à lire aussi|sur le même sujet|vous aimerez (?:aussi|peut-être).{0,30})",
        r"(?:artículos|entradas|publicaciones) (?:relacionad[ao]s|recientes|populares)",
        r"(?:también te puede|te puede|te podría) (?:interesar|gustar)|más (?:artículos|de .{2,40})",
        r"articoli (?:correlati|recenti|simili)|potrebbe(?:ro)? interessarti(?: anche)?",
        r"gerelateerde (?:berichten|artikelen)|lees ook",
    ),
    "comments": (
        r"(?:schreibe?|hinterlasse?|verfasse)(?:n sie)? (?:einen|uns einen|deinen|ihren) kommentar.{0,40}",
        r"kommentar (?:schreiben|verfassen|hinterlassen)|\d{1,5} kommentare?",
        r"(?:laisser|laissez|écrire|ajouter|poster) (?:un|votre) (?:commentaire|réponse).{0,40}",
        r"\d{1,5} (?:commentaires?|réponses?)",
        r"(?:deja|dejar|escribe|escribir|publica) (?:un|una|tu) (?:comentario|respuesta).{0,40}|\d{1,5} comentarios?",
        r"lascia (?:un|una) (?:commento|risposta).{0,40}|(?:plaats|geef|laat) een (?:reactie|antwoord).{0,40}",
    ),
    "the author's biography": (
        r"über (?:die|den) autor(?:in|en)?|zur (?:autorin|person)|zum autor|à propos de l[’']aute?u?r(?:e|ice)?",
        r"l[’']aute?u?r(?:e|ice)?",
        r"(?:sobre|acerca de) (?:el|la) autora?|l[’']autore|sull[’']autore|over de auteur",
    ),
    "the table of contents": (
        r"inhalt(?:sverzeichnis|sübersicht)?|in diesem (?:artikel|beitrag)",
        r"(?:table des matières|sommaire|dans cet article)",
        r"(?:índice|tabla de contenidos?|contenidos?|en este artículo)|indice(?: dei contenuti)?|inhoud(?:sopgave)?",
    ),
}
