"""Hosts and their names."""

import importlib
import importlib.util

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from crawlblock.host_list import Entry, Ranking
from crawlblock.hosts import (
    is_address,
    normal_url,
    other_name,
    parse_host,
    redirect_target,
    registered_domain,
    surt,
    surt_keys,
    surt_url,
)
from crawlblock.transport.location import redirect_url


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("a.b.example.com:8080", "example.com"),
        ("me.github.io", "github.io"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("co.uk", None),
        ("localhost", None),
        ("10.0.0.1", None),
        ("10.0.0.1:8080", None),
        ("[2001:db8::1]", None),
        ("[2001:db8::1]:8080", None),
        ("", None),
    ],
)
def test_registered_domains(host: str, domain: str | None) -> None:
    """One label under the public suffix (its ICANN part), none for addresses and bare suffixes."""
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Example.COM", "example.com"),
        ("https://user:pass@www.Example.com:443/a?b#c", "www.example.com"),
        ("http://example.com:80", "example.com"),
        ("example.com:8080", "example.com:8080"),
        ("example.com.", "example.com"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("10.0.0.1", "10.0.0.1"),
        ("http://[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("  example.com\t", "example.com"),
        ("//example.com/a", "example.com"),
        ("2001:DB8::1", "[2001:db8::1]"),
        ("i❤.ws", "xn--i-7iq.ws"),
        ("xn--i-7iq.ws", "xn--i-7iq.ws"),
        ("faß.de", "xn--fa-hia.de"),
        ("foo_bar.bücher.de", "foo_bar.xn--bcher-kva.de"),
        ("日本語。jp", "xn--wgv71a119e.jp"),
        ("foo-.example.com", "foo-.example.com"),
        ("-foo.tumblr.com", "-foo.tumblr.com"),
        ("foo_bar.tumblr.com", "foo_bar.tumblr.com"),
    ],
)
def test_what_people_write_for_a_host(written: str, host: str) -> None:
    """Names, IDNs, URLs, ports and addresses are read as the host they mean."""
    assert parse_host(written) == host


@pytest.mark.parametrize(
    "rubbish",
    [
        "", " ", ".", "com", "a b.example", "-a.example", "a-.example", "a..example", "1,a.example",
        "ftp://a.example", "mailto:me@a.example", "http://", "https:///robots.txt", "http://[::1",
        "a.example:99999", "a.example:x", "999.999.999.999", "1.2.3", "2001:db8::1:::",
        "x" * 64 + ".example", ".".join(["x" * 60] * 5), "a.example\x00", "ex\u00adample\ud800.com",
        "fe80::1%eth0", "http://[fe80::1%25eth0]/robots.txt", "::1%<b>\ud800", "[::1%#\u2100]",
    ],
)  # fmt: skip
def test_rubbish_is_no_host(rubbish: str) -> None:
    """What is not a host is refused with a reason, in words of ours."""
    with pytest.raises(ValueError, match=r"\w") as raised:
        parse_host(rubbish)
    for word in ("cast", "Port ", "netloc", "Invalid", "codepoint", "IPv6"):
        assert word not in str(raised.value)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("db8::1::x", "the port is not a number up to 65535"),
        ("2001:db8::zz", "the port is not a number up to 65535"),
        ("foo_bar.com", "a domain has no underscore"),
        ("-foo.com", "a domain neither begins nor ends with a hyphen"),
        ("foo-.co.uk", "a domain neither begins nor ends with a hyphen"),
        ("not a host", "a space cannot be in one"),
        ("a\x1b.com", "a control character cannot be in one"),
        ("gutenberg", "it has no dot"),
        ("🏳\u200d🌈.ws", "not a valid international name"),
    ],
)
def test_reasons(written: str, reason: str) -> None:
    """A name that cannot exist is refused with a plain reason."""
    with pytest.raises(ValueError, match=reason):
        parse_host(written)


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("example.com", "www.example.com"),
        ("www.example.com", "example.com"),
        ("www.gov.uk", "gov.uk"),
        ("news.example.com", None),
        ("www.news.example.com", "news.example.com"),
        ("www.nl", None),
        ("co.uk", None),
        ("192.0.2.1", None),
        ("example.com:8080", None),
        ("www.example.com:8080", None),
        ("[2001:db8::1]", None),
    ],
)
def test_the_other_host_of_a_site(host: str, other: str | None) -> None:
    """A domain and its www are each other's, and nothing else is."""
    assert other_name(host) == other


@given(st.text() | st.from_regex(r"(https?://)?[\w.:\[\]/@-]*", fullmatch=True))
@example("http://[::1]:99999999999999999999/")
@example("//\u2100.example")
@example("\u3002.example")
@example("::1%\u2100")
def test_any_text_is_a_host_or_a_value_error(text: str) -> None:
    """No text raises anything but ValueError, and a host is read as itself."""
    try:
        host = parse_host(text)
    except ValueError:
        return
    assert parse_host(host) == host
    assert host.isascii()
    assert host == host.lower()
    registered_domain(host)
    assert surt(f"https://{host}/robots.txt").endswith(")/robots.txt")


@given(st.from_regex(r"[a-z0-9_-]{1,4}(\.[a-z0-9-]{1,4}){1,3}", fullmatch=True))
def test_rankings_read_names_as_hosts_are_read(name: str) -> None:
    """The short way that rankings take agrees with the long one."""
    try:
        expected = [parse_host(name)]
    except ValueError:
        expected = []
    ranking = Ranking([Entry(line=1, text=name, name=name)])
    assert [found for _, found in ranking] == expected


def test_addresses_are_no_names() -> None:
    """Addresses with and without brackets are addresses, names are not."""
    assert is_address("10.0.0.1")
    assert is_address("[2001:db8::1]")
    assert not is_address("10.example")


ID = "0123456789abcdefghijKLMNOPQRSTUV"
SURT_KEYS = [
    ("https://www.Example.com/robots.txt", "com,example)/robots.txt"),
    ("http://www3.example.com/", "com,example)/"),
    ("http://wwww.example.com/", "com,example,wwww)/"),
    ("http://www-1.example.com/", "com,example,www-1)/"),
    ("https://xn--bcher-kva.de/robots.txt", "de,xn--bcher-kva)/robots.txt"),
    ("https://example.com:443/", "com,example)/"),
    ("http://example.com:80/", "com,example)/"),
    ("http://example.com:8080/Robots.TXT", "com,example:8080)/robots.txt"),
    ("http://192.0.2.10/robots.txt", "10,2,0,192)/robots.txt"),
    ("http://example.com./robots.txt", "com,example)/robots.txt"),
    ("http://example.com", "com,example)/"),
    ("https://example.com/a/b/?B=2&a=1", "com,example)/a/b?a=1&b=2"),
    ("https://example.com/?a-b=1&a=2&a&A=", "com,example)/?a&a=&a=2&a-b=1"),
    ("https://example.com/robots.txt?", "com,example)/robots.txt"),
    ("https://www.nl/robots.txt", "nl)/robots.txt"),
    ("https://www1355544.com/", "com)/"),
    ("https://www..example.com../", "com,example)/"),
    ("https://example.com/%2541%20%zz%C3%A9%e9/", "com,example)/a%20%25zz%c3%a9%e9"),
    ("https://example.com/a//../../../b/.", "com,example)/../b"),
    (f"https://example.com/?PHPSESSID={ID}&a=1", "com,example)/?a=1"),
    (f"https://example.com/robots.txt?sid={ID}", "com,example)/robots.txt"),
    (f"https://example.com/?b&JSessionID={ID}&a", "com,example)/?a&b"),
    (f"https://example.com/?a&PHPSESSID={ID[1:]}", f"com,example)/?a&phpsessid={ID[1:].lower()}"),
    (f"https://example.com/?mysid={ID}", "com,example)/?my"),
    (
        "https://example.com/?ASPSESSIONIDAAAABBBB=ABCDEFGHIJKLMNOPQRSTUVWX&x",
        "com,example)/?x",
    ),
    ("https://example.com/?cfid=1&CFTOKEN=ab-2&x=1", "com,example)/?x=1"),
    ("https://example.com/?cfid=1&x=1&cftoken=2", "com,example)/?cfid=1&cftoken=2&x=1"),
    ("https://example.com/(a(4hqa0555fwsecu455xqckv45))/A.aspx", "com,example)/a.aspx"),
    ("https://example.com/(4hqa0555fwsecu455xqckv45)/A.aspx", "com,example)/a.aspx"),
]
# Where the Java version of the indexer, which Common Crawl uses, differs from the Python package.
JAVA_KEYS = [
    ("https://www.www.nl/robots.txt", {"nl)/robots.txt", "nl,www)/robots.txt"}),
    ("https://www2.www.example.com/", {"com,example)/", "com,example,www)/"}),
    ("https://www.nl/", {"nl)/", "nl,www)/"}),
    ("https://www.example.com/", {"com,example)/"}),
    ("https://example.com/", {"com,example)/"}),
]


@pytest.mark.parametrize(("url", "key"), SURT_KEYS)
def test_surt_keys(url: str, key: str) -> None:
    """Keys are those of Common Crawl's indexes."""
    assert surt(url) == key


@pytest.mark.skipif(importlib.util.find_spec("surt") is None, reason="surt is not installed")
@pytest.mark.parametrize("url", [url for url, _ in SURT_KEYS])
def test_surt_keys_are_those_of_the_surt_package(url: str) -> None:
    """The package that reads the indexes gives the same keys."""
    assert surt(url) == importlib.import_module("surt").surt(url)


@pytest.mark.parametrize(("url", "keys"), JAVA_KEYS)
def test_every_key_of_a_url(url: str, keys: set[str]) -> None:
    """A host with more than one `www`, or little besides, may stand under more than one key."""
    assert surt_keys(url) == keys
    assert surt(url) == min(keys, key=len)
    assert {surt(surt_url(key)) for key in keys} == {surt(url)}


_SEGMENTS = ("", "a", "B", "..", ".", "%41", "%2541", "%e9", "%C3%A9", "\u00e9", "%2f", "%",
             "m.aspx", "(4hqa0555fwsecu455xqckv45)", f";jsessionid={ID}")  # fmt: skip
_FIELDS = ("a=1", "B", "", "a-b=3", "%41=%42", f"PHPSESSID={ID}", f"mysid={ID}",
           f"sid={ID[1:]}", "cfid=1&cftoken=2", "+=%20")  # fmt: skip


@pytest.mark.skipif(importlib.util.find_spec("surt") is None, reason="surt is not installed")
@given(
    host=st.sampled_from(
        ["example.com", "www3.example.com", "www.www.nl", "10.0.0.1", "wwww.a.de"]
    ),
    port=st.sampled_from(["", ":80", ":443", ":8080"]),
    segments=st.lists(st.sampled_from(_SEGMENTS), max_size=4),
    fields=st.lists(st.sampled_from(_FIELDS), max_size=4),
)
def test_any_surt_key_is_that_of_the_surt_package(
    host: str, port: str, segments: list[str], fields: list[str]
) -> None:
    """The package's key is among ours, whatever the path and the query."""
    url = f"https://{host}{port}/{'/'.join(segments)}?{'&'.join(fields)}"
    assert importlib.import_module("surt").surt(url) in surt_keys(url)


def test_more_slashes_than_two() -> None:
    """CC-MAIN-2026-17 has URLs such as https:////host; they are read as browsers read them."""
    known = "https://sites.example/robots.txt"
    assert normal_url("https:////sites.example/robots.txt") == known
    asked = "http://a.example/robots.txt"
    assert redirect_target(asked, "https:////sites.example/robots.txt") == known
    sent = redirect_url(URL(asked), "HTTPS:///sites.example/robots.txt")
    assert str(sent) == known
