"""A site's file is read whole, or every fault in it is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.core.config import load_site
from consent.core.deployment import deployment_of, parse_deployment
from consent.core.model import ErasureMode, Kind, Lifetime, Role
from consent.errors import ConfigurationError
from tests.make import make_site_text

PROGRAMME = Path(__file__).parents[2] / "sites" / "programme.toml"


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load_site(text, "site.toml")
    return list(raised.value.faults)


def replaced(old: str, new: str, text: str | None = None) -> str:
    text = make_site_text() if text is None else text
    assert old in text
    return text.replace(old, new, 1)


def test_the_example_site_loads() -> None:
    site = load_site(PROGRAMME.read_text(encoding="utf-8"), "programme.toml")
    assert site.id == "programme"
    assert site.origins == ("http://localhost:8000",)
    assert site.service_url == "http://localhost:8000/consent"
    assert [category.id for category in site.categories] == ["functional", "personalisation", "ads"]
    assert site.page_groups == ("programme", "admissions", "contact")
    assert site.log_name == site.controller.id == "leiden-university"
    assert site.categories[0].label == {"en": "Functional", "nl": "Voorkeuren"}
    assert [category.gpc for category in site.categories] == [False, False, True]


def test_the_example_says_what_holds_without_it() -> None:
    text = PROGRAMME.read_text(encoding="utf-8")
    optional = text.index("[lifetimes]")
    assert load_site(text[:optional], "a.toml") == load_site(text, "a.toml")


def test_values_are_read_as_declared() -> None:
    site = load_site(make_site_text(), "site.toml")
    by_name = {tracker.name: tracker for tracker in site.trackers}
    assert by_name["_study_ads_*"].lifetime == Lifetime(90, "days")
    assert by_name["contact_form"].lifetime == Lifetime(0, "session")
    assert by_name["viewed"].lifetime == Lifetime(0, "persistent")
    assert by_name["Study ads pixel"].kind is Kind.PIXEL
    assert by_name["map_view"].domain == "map.example"
    assert by_name["contact_form"].necessity_reason["en"] == "You ask for the form."
    assert site.providers[1].role is Role.CONTROLLER
    assert site.providers[1].transfer_basis == "standard_clauses"


@pytest.mark.legal("RR-07")
def test_what_becomes_of_erased_records_is_read_with_its_reason() -> None:
    reason = 'erasure_reason = { en = "Claims.", nl = "Klachten." }'
    top = f'erasure = "unlink"\n{reason}\nbackup_days = 35'
    site = load_site(make_site_text(top=top), "site.toml")
    assert site.erasure is ErasureMode.UNLINK
    assert site.erasure_reason == {"en": "Claims.", "nl": "Klachten."}
    assert site.backup_days == 35
    assert parse_deployment(deployment_of(site).as_record()) == deployment_of(site)


def test_without_a_word_erased_records_are_removed() -> None:
    site = load_site(make_site_text(), "site.toml")
    assert (site.erasure, site.erasure_reason, site.backup_days) == (ErasureMode.FULL, {}, None)
    record = deployment_of(site).as_record()
    for key in ("erasure", "erasure_reason", "backup_days"):
        del record[key]  # as an earlier version stored it
    assert parse_deployment(record) == deployment_of(site)


@pytest.mark.legal("CO-09")
def test_a_category_without_a_tracker_is_not_offered() -> None:
    extra = '[categories.analytics]\npurposes = ["statistics"]\ndata = ["page_views"]\n'
    site = load_site(make_site_text(extra=extra), "site.toml")
    assert "analytics" not in [category.id for category in site.categories]


@pytest.mark.legal("CO-09")
def test_a_site_with_necessary_trackers_only_has_no_categories() -> None:
    site = load_site(make_site_text(categories=()), "site.toml")
    assert site.categories == ()
    assert [tracker.name for tracker in site.trackers] == ["contact_form"]


def test_a_site_may_declare_nothing() -> None:
    text = make_site_text(categories=())
    site = load_site(text[: text.index("[[trackers]]")], "site.toml")
    assert (site.categories, site.providers, site.trackers) == ((), (), ())


def test_every_fault_is_told_at_once_with_its_line() -> None:
    text = replaced('id = "programme"', 'id = "Programme!"')
    text = replaced('country = "US"', 'country = "Usa"', text)
    text = replaced('lifetime = "90 days"', 'lifetime = "a while"', text)
    lines = text.splitlines()
    told = {fault.split(":", 2)[1]: fault.split(": ", 1)[1] for fault in faults_of(text)}
    assert {lines[int(number) - 1]: fault for number, fault in told.items()} == {
        'id = "Programme!"': 'id: "Programme!" is not a name of small letters, digits and hyphens, '
        "a letter first, at most 32",
        'country = "Usa"': 'providers.study-ads.country: "Usa" is not two capitals of ISO 3166-1, '
        "such as NL",
        'lifetime = "a while"': 'trackers[3].lifetime: is "a while"; give "180 days" or "session"',
    }
    assert list(told) == sorted(told, key=int)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kind = "pixel"', 'kind = "pixle"'),
        ('kind = "cookie"', 'kind = "cooky"'),
        ('provider = "campus-map"\nkind = "embed"', 'provider = "campusmap"\nkind = "embed"'),
        ('category = "necessary"', 'category = "necesary"'),
        ('country = "US"', 'country = "USA"'),
        ('lifetime = "90 days"', ""),
        (', nl = "U vraagt om het formulier."', ""),
    ],
)
def test_one_mistake_is_one_fault(old: str, new: str) -> None:
    assert len(faults_of(replaced(old, new))) == 1


def test_languages_that_cannot_be_read_are_one_fault() -> None:
    [fault] = faults_of(replaced('languages = ["en", "nl"]', "languages = 7"))
    assert fault.endswith("languages: is 7; give a list of texts")


def test_the_operator_may_answer_for_texts_somebody_has_read() -> None:
    assert load_site(make_site_text(), "site.toml").reviewed_languages == ()
    text = make_site_text(top='reviewed_languages = ["nl"]')
    assert load_site(text, "site.toml").reviewed_languages == ("nl",)


def test_a_misspelt_provider_is_not_also_told_as_unused() -> None:
    text = make_site_text().replace('provider = "study-ads"', 'provider = "study-adds"')
    assert ["did you mean" in fault for fault in faults_of(text)] == [True, True]


def test_an_unknown_key_is_a_fault_that_names_the_nearest() -> None:
    [fault] = faults_of(replaced("default_language", "defualt_language"))
    assert fault.endswith('defualt_language: unknown key; did you mean "default_language"?')
    [fault] = faults_of(make_site_text(top="zzz = 1"))
    assert "zzz: unknown key; allowed: backup_days, blocking, categories, content_policy, " in fault


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "", "schema: is missing; give schema = 1"),
        ("schema = 1", "schema = 2", "schema: is 2; give 1"),
        ("schema = 1", 'schema = "1"', 'schema: is "1"; give a whole number'),
        ("schema = 1", "schema = true", "schema: is true; give a whole number"),
        ("schema = 1", f"schema = 0x{'f' * 5000}", "schema: is a very large number; give 1"),
        ('id = "programme"', "", "site.toml:1: id: is missing"),
        ('id = "programme"', "id = 7", "id: is 7; give a text in quotes"),
        ('id = "programme"', "id = {}", "id: is a table; give a text in quotes"),
        ('id = "programme"', 'id = "  "', "id: is blank; give a text"),
        ('id = "programme"', 'id = "a\\u0007b"', "id: has a control character"),
        ('id = "programme"', f'id = "{"a" * 2001}"', "id: has 2001 characters; at most 2000"),
        ('"https://programme.example"', '"https://programme.example/"', "give https://programme"),
        ('"https://programme.example"', '"http://programme.example"', "is plain HTTP"),
        ('"https://programme.example"', '"https://programme.example:443"', "the default port"),
        ('"https://programme.example"', '"https://Programme.example"', "a host in lower case"),
        ('"https://programme.example"', '"https://user@programme.example"', "a host in lower"),
        ('"https://programme.example"', '"ftp://programme.example"', "begins with https://"),
        ('"https://programme.example"', '"https://[::1"', "is not an address"),
        ('"https://programme.example"', '"https://programme.example:x"', "is not an address"),
        ('"https://programme.example"', '"https://a b"', "has characters that an address cannot"),
        ('["https://programme.example"]', "[]", "origins: is an empty list; give at least one"),
        ('["https://programme.example"]', '"https://a.example"', "give a list of texts"),
        ('["https://programme.example"]', "[7]", "origins[0]: is 7; give a text in quotes"),
        (
            '["https://programme.example"]',
            '["https://programme.example", "https://programme.example"]',
            'origins[1]: "https://programme.example" is there twice',
        ),
        ("example/consent", "example/consent?x=1", "is more than scheme, host and a plain path"),
        ("example/consent", "example/../x y", "has characters"),
        ("https://programme.example/consent", "/consent", "service_url: "),
        ('languages = ["en", "nl"]', 'languages = ["en", "nl", "xx"]', 'unknown code "xx"'),
        ('languages = ["en", "nl"]', 'languages = ["en"]', "name.nl: not a language of this site"),
        ('default_language = "en"', 'default_language = "de"', "default_language: is"),
        (
            'default_language = "en"',
            'default_language = "en"\nreviewed_languages = ["de"]',
            'reviewed_languages[0]: unknown code "de"',
        ),
        ('privacy_url = { en = "/privacy"', 'privacy_url = { en = "//evil.example"', "or a path"),
        ('privacy_url = { en = "/privacy"', 'privacy_url = { en = "javascript:x"', "or a path"),
        (', nl = "Biomedische wetenschappen"', "", "name.nl: is missing"),
        ('name = { en = "Biomedical', 'name = { de = "x", en = "B', "name.de: not a language"),
        (
            'name = { en = "Biomedical Sciences", nl = "Biomedische wetenschappen" }',
            'name = "x"',
            'name: is "x"; give a table: [name]',
        ),
        ('"programme", "admissions"', '"Programme", "admissions"', "page_groups[0]: "),
        ('refusals = "event"', 'refusals = "never"', "record_refusals: is"),
        ("[controller]", "[contoller]", 'unknown key; did you mean "controller"?'),
        ('email = "privacy@', 'email = "privacy', "is not an e-mail address"),
        ("https://www.autoriteit", "http://www.autoriteit", "authority_url: "),
        ("[providers.campus-map]", "[providers.Campus]", "is not a name of small letters"),
        ("[providers.campus-map]", "[providers.controller]", "means the site's controller"),
        ('role = "processor"', 'role = "friend"', 'role: is "friend"; allowed: controller, joint'),
        ('transfer_basis = "standard_clauses"', "", "US is outside the European Economic Area"),
        ('"standard_clauses"', '"hope"', 'transfer_basis: is "hope"; allowed: adequacy'),
        ('country = "NL"', 'country = "NL"\ntransfer_basis = "data_privacy_framework"', "United"),
        ('provider = "campus-map"', 'provider = "campusmap"', 'did you mean "campus-map"?'),
        ("[categories.ads]", "[categories.necessary]", "categories.necessary: is never a choice"),
        ("[categories.ads]", "[categories.Ads-1]", "give small letters and digits"),
        ('purposes = ["embedded_maps"]', "", "categories.functional.purposes: is missing"),
        ('purposes = ["embedded_maps"]', 'purposes = ["maps"]', 'unknown code "maps"'),
        ('data = ["ip_address"]', 'data = ["ip_adress"]', 'did you mean "ip_address"?'),
        ('data = ["ip_address"]', 'data = ["ip_address"]\ngpc = "no"', "give true or false"),
        ('category = "ads"', 'category = "adds"', 'category: is "adds"; did you mean "ads"?'),
        ('kind = "embed"', 'kind = "frame"', 'kind: is "frame"; allowed: cookie, embed'),
        ('kind = "embed"', 'kind = "embed"\nlifetime = "1 day"', "means nothing for kind embed"),
        ('kind = "embed"', 'kind = "embed"\npath = "/"', "path: means nothing for kind embed"),
        ('kind = "local_storage"', 'kind = "session_storage"', "lifetime: means nothing for kind"),
        ('hosts = ["map.example"]', "", "trackers[0].hosts: is missing"),
        ('hosts = ["map.example"]', 'hosts = ["map.example:80"]', "has a scheme or a port"),
        ('domain = "map.example"', 'domain = "map example"', "is not a host name"),
        ('domain = "map.example"', 'path = "x"', "is not the path of a cookie"),
        ('lifetime = "30 days"', 'lifetime = "persistent"', 'give "180 days" or "session"'),
        ('lifetime = "persistent"', 'lifetime = "session"', 'give "180 days" or "persistent"'),
        ('lifetime = "30 days"', 'lifetime = "401 days"', "at most 400 days are allowed"),
        ('lifetime = "30 days"', 'lifetime = "2 years"', "at most 400 days are allowed"),
        ('lifetime = "30 days"', "", "lifetime: is missing"),
        ('name = "map_view"', "", "trackers[1].name: is missing"),
        ('name = "map_view"', 'name = "map_*"', "has a *; give it as a pattern"),
        ('name = "map_view"', 'name = "map_view"\npattern = "map_*"', "not both"),
        ('name = "map_view"', 'name = "__Host-consent"', "is the service's own"),
        ('pattern = "_study_ads_*"', 'pattern = "_study_ads"', "has no *; give it as a name"),
        ('pattern = "_study_ads_*"', 'pattern = "_*"', "matches too much"),
        ('pattern = "_study_ads_*"', 'pattern = "*-consent"', "matches the service's own"),
        ("necessity_reason = {", "reason = {", "unknown key"),
        (
            'kind = "pixel"',
            'kind = "pixel"\nnecessity_reason = { en = "x", nl = "y" }',
            "only trackers that are necessary have a reason",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told(old: str, new: str, said: str) -> None:
    faults = faults_of(replaced(old, new))
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("[lifetimes]\nconsent_days = 366\n", "consent_days: is 366; give 1 to 365 days"),
        ("[lifetimes]\nrefusal_days = 179\n", "refusal_days: is 179; a refusal is remembered"),
        ("[lifetimes]\nrefusal_days = 401\n", "refusal_days: is 401; give 1 to 400 days"),
        ("[lifetimes]\nproof_months = 61\n", "proof_months: is 61; give 1 to 60 months"),
        ("[lifetimes]\nproof_months = 25\n", "proof_reason: is missing; keeping proof over 24"),
        ("[lifetimes]\nconsent_day = 25\n", 'did you mean "consent_days"?'),
        ("[theme]\nposition = 'top'\n", 'position: is "top"; allowed: bar, box, centre'),
        ("[theme]\nradius = 33\n", "radius: is 33; give 0 to 32 pixels"),
        ("[theme]\nfont = 'a; b'\n", "is not a list of font names"),
        ("[theme]\nfont = 'Arial \"'\n", "is not a list of font names"),
        ("[theme]\nsurface = 'white'\n", 'surface: "white" is not a colour as #rrggbb'),
        ("[theme]\ncolor = 'white'\n", "theme.color: unknown key"),
        ("[texts.de]\n'banner.title' = 'x'\n", "texts.de: not a language of this site: en, nl"),
        ("[texts.en]\nbanner.titel = 'x'\n", 'did you mean "banner.title"?'),
        ("[texts.en]\nbanner = 'x'\n", 'there is no text "banner"'),
        ("[texts.en]\n'banner.title' = 7\n", 'texts.en."banner.title": is 7; give a text'),
        ("[texts.en]\n'banner.intro' = 'x'\n", "lacks {controller}"),
        ("[texts.en]\n'banner.title' = '{name}'\n", "has {name}, which nothing fills in here"),
        ("[purposes.Maps]\nen = 'x'\nnl = 'x'\n", "is not a code of small letters"),
        ("[data_kinds.maps]\nen = 'x'\n", "data_kinds.maps.nl: is missing"),
        ("[providers.spare]\nname = 'x'\nrole = 'processor'\ncountry = 'NL'\n", "no tracker names"),
        ("[[trackers]]\nname = 'viewed'\nkind = 'local_storage'\n", "is there twice"),
        ("[categories]\nx = 7\n", "categories.x: is 7; give a table: [categories.x]"),
    ],
)
def test_a_fault_in_what_may_be_left_out_is_told(extra: str, said: str) -> None:
    if extra.startswith("[categories]"):
        text = make_site_text(categories=(), extra=extra)
    else:
        text = make_site_text(extra=extra)
    faults = faults_of(text)
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("top", "said"),
    [
        ('proof_reason = "x"', "only proof kept over 24 months needs a reason"),
        ('erasure = "unlink"', "erasure_reason: is missing; keeping erased records needs a"),
        ('erasure = "none"', 'erasure: is "none"; allowed: full, unlink'),
        ('erasure_reason = { en = "x", nl = "y" }', 'only erasure = "unlink" needs a reason'),
        ('erasure = "unlink"\nerasure_reason = { en = "x" }', "erasure_reason.nl: is missing"),
        ("backup_days = 0", "backup_days: is 0; give 1 to 3650 days"),
        ('shared_hosts = ["a.example"]', "shared_hosts: needs cookie_domain"),
        ('cookie_domain = "programme.example"', "shared_hosts: is missing"),
        ('cookie_domain = "example"\nshared_hosts = ["a.example"]', "is not a domain, such as"),
        ("trackers = 7", "trackers: is 7; give each one as [[trackers]]"),
        ("trackers = [7]", "trackers[0]: is 7; give a table"),
        ("controller = []", "controller: is a list; give a table"),
        ("log_name = 1979-05-27 07:32:00", "log_name: is 1979-05-27 07:32:00; give a text"),
    ],
)
def test_a_fault_at_the_top_is_told(top: str, said: str) -> None:
    text = make_site_text(categories=(), top=top)
    if top.startswith("trackers"):
        text = text[: text.index("[[trackers]]")]
    if top.startswith("controller"):
        text = text.replace("[controller]", "[lifetimes]")
    faults = faults_of(text)
    assert any(said in fault for fault in faults), faults


def test_hosts_that_share_a_choice_are_under_one_domain() -> None:
    top = 'cookie_domain = "example.org"\nshared_hosts = ["a.example.org", "b.example.net"]\n'
    text = make_site_text(origin="https://c.example.org", top=top)
    faults = faults_of(text.replace("c.example.org/consent", "c.example.com/consent"))
    assert [fault.split(": ", 1)[1] for fault in faults] == [
        'origins[0]: "https://c.example.org" is not in shared_hosts',
        'service_url: "https://c.example.com/consent" is not under example.org',
        'shared_hosts[1]: "b.example.net" is not under example.org',
    ]


def test_a_missing_service_url_is_told_once_where_hosts_share_a_choice() -> None:
    top = 'cookie_domain = "example.org"\nshared_hosts = ["example.org"]\n'
    text = make_site_text(origin="https://example.org", service_url="", top=top)
    [fault] = faults_of(text)
    assert fault.endswith("service_url: is blank; give a text")


def test_hosts_may_share_a_choice() -> None:
    top = 'cookie_domain = "example.org"\nshared_hosts = ["example.org", "a.example.org"]\n'
    site = load_site(make_site_text(origin="https://a.example.org", top=top), "site.toml")
    assert site.cookie_domain == "example.org"
    assert site.shared_hosts == ("example.org", "a.example.org")


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000",
               "http://programme.localhost", "https://programme.example:8443"]
)  # fmt: skip
def test_addresses_of_this_machine_may_be_plain_http(origin: str) -> None:
    assert load_site(make_site_text(origin=origin), "site.toml").origins == (origin,)


def test_at_most_eight_categories_are_asked() -> None:
    extra = "".join(
        f'[categories.extra{number}]\npurposes = ["statistics"]\ndata = ["device"]\n'
        f'label = {{ en = "x", nl = "x" }}\ndescription = {{ en = "x", nl = "x" }}\n'
        for number in range(6)
    )
    [fault] = faults_of(make_site_text(extra=extra))
    assert "categories: there are 9; at most 8 can be asked" in fault


def test_a_category_of_ones_own_needs_label_and_description() -> None:
    extra = '[categories.own]\npurposes = ["statistics"]\ndata = ["device"]\n'
    faults = faults_of(make_site_text(extra=extra))
    assert [fault.split(": ", 1)[1] for fault in faults] == [
        "categories.own.label: is missing",
        "categories.own.description: is missing",
    ]


def test_own_words_replace_those_of_the_catalogue() -> None:
    extra = (
        '[categories.functional.label]\nen = "Extras"\nnl = "Extra"\n'
        '[texts.en]\n"banner.title" = "Your choice"\nbutton.choose = "Settings"\n'
        '[purposes.own]\nen = "Own"\nnl = "Eigen"\n'
    )
    text = replaced(
        'purposes = ["embedded_maps"]', 'purposes = ["own"]', make_site_text(extra=extra)
    )
    site = load_site(text, "site.toml")
    assert site.categories[0].label == {"en": "Extras", "nl": "Extra"}
    assert site.texts == {"en": {"banner.title": "Your choice", "button.choose": "Settings"}}
    assert site.purpose_labels == {"own": {"en": "Own", "nl": "Eigen"}}


def test_a_refusal_is_remembered_as_long_as_consent_by_default() -> None:
    site = load_site(make_site_text(extra="[lifetimes]\nconsent_days = 365\n"), "site.toml")
    assert (site.lifetimes.consent_days, site.lifetimes.refusal_days) == (365, 365)


def test_text_over_several_lines_becomes_one_line() -> None:
    text = replaced('address = "Rapenburg 70, ', 'address = """\n  Rapenburg 70,\n  ')
    text = text.replace('2311 Leiden, Netherlands"', '2311 Leiden, Netherlands"""', 1)
    assert load_site(text, "s").controller.address == "Rapenburg 70, 2311 Leiden, Netherlands"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('schema = 1\nid = "x', "site.toml:2: not TOML: "),
        ("schema = 1\nid = \n", "site.toml:2: not TOML: Invalid value"),
        ("schema = 1\n\n[", "site.toml:3: not TOML: "),
        ("a = 1\na = 2\n", "site.toml:2: not TOML: Cannot overwrite a value"),
        (f"a = {'[' * 5000}{']' * 5000}", "site.toml:1: not TOML that can be read"),
        (f"a = {'9' * 5000}", "site.toml:1: not TOML that can be read"),
    ],
)
def test_what_is_not_toml_is_told_with_the_decoders_line(text: str, said: str) -> None:
    [fault] = faults_of(text)
    assert fault.startswith(said), fault


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("[publishing]\napprovals = 3\n", "publishing.approvals: is 3; give 0 to 2"),
        ("[publishing]\napproval = 1\n", "publishing.approval: unknown key"),
    ],
)
def test_approvals_are_none_one_or_two(extra: str, told: str) -> None:
    assert load_site(make_site_text(), "site.toml").approvals == 0
    site = load_site(make_site_text(extra="[publishing]\napprovals = 2\n"), "site.toml")
    assert site.approvals == 2
    assert parse_deployment(deployment_of(site).as_record()) == deployment_of(site)
    [fault] = faults_of(make_site_text(extra=extra))
    assert told in fault
