"""Where anybody has a mailbox: such a domain says nothing about who somebody works for.

A plain list, as no package of such lists is looked after well: providers whose mailboxes many people have, and services
that pass mail on under an address made up for it. One that is missing here costs little: a company is made of it, which
an admin deletes.
"""

from typing import Final

# With every ending they have: yahoo.fr, yahoo.co.uk, outlook.com.br.
_BRANDS: Final = frozenset(
    {
        *("gmail", "googlemail", "yahoo", "ymail", "rocketmail", "hotmail", "outlook", "live", "msn", "windowslive"),
        *("aol", "icloud", "gmx", "protonmail", "tutanota", "tuta", "fastmail", "yandex", "zoho", "hushmail", "inbox"),
    }
)
_PROVIDERS: Final = frozenset(
    {
        # everywhere
        *("me.com", "mac.com", "mail.com", "email.com", "usa.com", "proton.me", "pm.me", "hey.com", "aim.com"),
        *("fastmail.fm", "zohomail.com", "zohomail.eu", "runbox.com", "startmail.com", "tutamail.com", "keemail.me"),
        *("disroot.org", "riseup.net", "lavabit.com", "posteo.net", "kolabnow.com", "vivaldi.net", "cock.li"),
        # forwarding under a made-up address
        *("duck.com", "mozmail.com", "relay.firefox.com", "privaterelay.appleid.com", "simplelogin.com"),
        *("simplelogin.co", "slmail.me", "aleeas.com", "anonaddy.com", "anonaddy.me", "addy.io", "noreply.github.com"),
        # German-speaking
        *("web.de", "t-online.de", "freenet.de", "mailbox.org", "posteo.de", "arcor.de", "mail.de", "email.de"),
        *("online.de", "kabelmail.de", "vodafonemail.de", "unitybox.de", "ewe.net", "aon.at", "chello.at", "utanet.at"),
        *("bluewin.ch", "hispeed.ch", "sunrise.ch", "tele2.at"),
        # French-speaking
        *("orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "cegetel.net", "bbox.fr"),
        *("numericable.fr", "noos.fr", "club-internet.fr", "aliceadsl.fr", "voila.fr", "mailo.com", "videotron.ca"),
        *("skynet.be", "telenet.be", "proximus.be", "scarlet.be", "voo.be"),
        # Italian, Spanish, Portuguese
        *("libero.it", "virgilio.it", "tiscali.it", "alice.it", "tin.it", "tim.it", "email.it", "iol.it"),
        *("inwind.it", "blu.it", "fastwebnet.it", "telefonica.net", "terra.es", "ono.com", "wanadoo.es", "orange.es"),
        *("sapo.pt", "clix.pt", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "globo.com", "globomail.com"),
        *("r7.com", "zipmail.com.br", "prodigy.net.mx", "fibertel.com.ar", "vtr.net", "une.net.co"),
        # English-speaking
        *("comcast.net", "att.net", "sbcglobal.net", "bellsouth.net", "verizon.net", "cox.net", "charter.net"),
        *(
            "earthlink.net",
            "juno.com",
            "netzero.net",
            "optonline.net",
            "frontier.com",
            "windstream.net",
            "mindspring.com",
        ),
        *("roadrunner.com", "rr.com", "btinternet.com", "talktalk.net", "sky.com", "virginmedia.com", "ntlworld.com"),
        *("blueyonder.co.uk", "tiscali.co.uk", "eircom.net", "shaw.ca", "rogers.com", "sympatico.ca", "telus.net"),
        *("bell.net", "bigpond.com", "bigpond.net.au", "optusnet.com.au", "iinet.net.au", "tpg.com.au", "xtra.co.nz"),
        # Dutch and northern
        *("ziggo.nl", "kpnmail.nl", "kpnplanet.nl", "planet.nl", "home.nl", "xs4all.nl", "hetnet.nl", "upcmail.nl"),
        *("casema.nl", "online.no", "telia.com", "bredband.net", "comhem.se", "spray.se", "tele2.se"),
        *("mail.dk", "jubii.dk", "stofanet.dk", "tdcadsl.dk", "elisanet.fi", "kolumbus.fi", "luukku.com", "suomi24.fi"),
        # Central, eastern and south-eastern
        *("wp.pl", "o2.pl", "onet.pl", "op.pl", "interia.pl", "interia.eu", "poczta.fm", "tlen.pl", "vp.pl", "onet.eu"),
        *("seznam.cz", "email.cz", "post.cz", "centrum.cz", "atlas.cz", "volny.cz", "azet.sk", "zoznam.sk", "post.sk"),
        *("centrum.sk", "freemail.hu", "citromail.hu", "t-online.hu", "indamail.hu", "abv.bg", "mail.bg", "dir.bg"),
        *(
            "mail.ru",
            "bk.ru",
            "list.ru",
            "internet.ru",
            "rambler.ru",
            "ya.ru",
            "lenta.ru",
            "ukr.net",
            "i.ua",
            "meta.ua",
        ),
        *("mail.ee", "hot.ee", "one.lt", "otenet.gr", "freemail.gr", "in.gr", "walla.co.il", "mynet.com"),
        # Asian
        *("qq.com", "foxmail.com", "163.com", "126.com", "yeah.net", "139.com", "189.cn", "sina.com", "sina.cn"),
        *("sohu.com", "aliyun.com", "21cn.com", "tom.com", "naver.com", "hanmail.net", "daum.net", "nate.com"),
        *("docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "nifty.com", "biglobe.ne.jp"),
        *("ocn.ne.jp", "so-net.ne.jp", "excite.co.jp", "rediffmail.com", "sify.com", "indiatimes.com", "pchome.com.tw"),
        *("hinet.net", "netvigator.com", "singnet.com.sg"),
    }
)
_SECOND_LEVELS: Final = frozenset({"co", "com", "net", "org", "ne"})  # as in .co.uk


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have a mailbox there, or under a part of that domain."""
    labels = domain.lower().strip(".").split(".")
    return any(_is_provider(labels[start:]) for start in range(len(labels) - 1))


def _is_provider(labels: list[str]) -> bool:
    if ".".join(labels) in _PROVIDERS:
        return True
    ending = labels[1:]
    is_plain = len(ending) == 1 or (len(ending) == 2 and ending[0] in _SECOND_LEVELS)
    return labels[0] in _BRANDS and is_plain


def company_domain(address: str) -> str:
    """The domain of a company, as far as an e-mail address tells; "" for a mailbox that anybody can have."""
    domain = address.rpartition("@")[2].strip().lower()
    return "" if is_free_mail(domain) else domain
