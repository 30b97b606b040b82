"""XMP packets: Apple's bytes rebuilt, foreign properties kept, hostile packets refused."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from authoring.apple.property_table import Opaque, Property
from authoring.apple.xmp import (
    MAX_MARKUP,
    MAX_NAMESPACES,
    MAX_NESTING,
    MAX_XMP_BYTES,
    build_packet,
    parse_element,
    parse_packet,
)
from authoring.errors import DepthauthorError, MalformedError, RefusedError

APPLE = [
    "pug.heic",
    "openize_14pro_portrait.heic",
    "fidmaa_selfie_depth.heic",
    "nilsh_imageio_output.heic",
    "lyangas_12mini_gainmap_depth.jpg",
    "shu_matte.jpg",
    "rw_ios11_test06.jpg",
]
OTHERS = [
    "aux_YCbCr.heic",
    "edge_gray.jpg",
    "edge_arithmetic.jpg",
    "edge_iphone_mpf_gainmap.jpg",
    "plain_iphone_telephoto.heic",
]
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext()))


def packet(body: str, attributes: str = "") -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}><rdf:Description rdf:about="" xmlns:a="urn:a"'
        f"{attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


@pytest.mark.parametrize("name", APPLE)
def test_apples_auxiliary_packets_are_rebuilt_byte_for_byte(
    packets: Callable[[str], list[bytes]], name: str
) -> None:
    auxiliary = [text for text in packets(name) if b"ns.apple.com" in text and b"mwg-rs" not in text]
    assert auxiliary
    for text in auxiliary:
        # The toolkit's version is the one thing that is not kept.
        assert build_packet(parse_packet(text)) == text.replace(b"XMP Core 5.4.0", b"XMP Core 6.0.0")


@pytest.mark.parametrize("name", [*APPLE, *OTHERS])
def test_every_packet_of_a_photo_survives(packets: Callable[[str], list[bytes]], name: str) -> None:
    for item in packets(name):
        tree = parse_packet(item)
        again = build_packet(tree)
        assert parse_packet(again) == tree
        assert build_packet(parse_packet(again)) == again


@pytest.mark.parametrize("name", APPLE)
def test_exiftool_reads_the_same_from_the_rebuilt_packet(
    packets: Callable[[str], list[bytes]], tool: Callable[..., str], tmp_path: Path, name: str
) -> None:
    for number, item in enumerate(packets(name)):
        (tmp_path / f"{number}-theirs.xmp").write_bytes(item)
        (tmp_path / f"{number}-ours.xmp").write_bytes(build_packet(parse_packet(item)))
    answer = tool("exiftool", "-q", "-j", "-G1", "-struct", "-ext", "xmp", "-XMP:all", tmp_path)
    answers = {Path(item.pop("SourceFile")).name: item for item in json.loads(answer)}
    for item in answers.values():
        for key in [key for key in item if key.endswith(("XMPToolkit", ":About"))]:
            del item[key]
    assert len(answers) == 2 * len(packets(name))
    for number in range(len(packets(name))):
        theirs, ours = answers[f"{number}-theirs.xmp"], answers[f"{number}-ours.xmp"]
        assert ours == theirs and ours


def test_attributes_elements_wrapper_padding_and_several_descriptions_are_one_resource() -> None:
    body = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>'
        '<rdf:Description rdf:about="uuid:1" xmlns:a="urn:a" a:one="1&#10;"/>'
        '<rdf:Description rdf:about="uuid:1" xmlns:b="urn:a"><!-- note --><b:two>2<!-- x -->2</b:two>'
        "<b:one>again</b:one><b:three><rdf:Bag><rdf:li>x</rdf:li><rdf:li/></rdf:Bag></b:three>"
        "<b:four><rdf:Seq/></b:four><b:five/></rdf:Description></rdf:RDF></x:xmpmeta>"
        "\n      \n<?xpacket end='w'?>"
    ).encode()
    expected = (
        Property("urn:a", "a", "one", "1\n"),
        Property("urn:a", "b", "two", "22"),
        Property("urn:a", "b", "three", ("x", ""), "Bag"),
        Property("urn:a", "b", "four", ()),
        Property("urn:a", "b", "five", ""),
    )
    without_begin = b"  " + body[body.index(b"<x:") :]
    for data in (body, body + b"\0", b"\xef\xbb\xbf" + body, body + b"\0" * 2000, without_begin):
        assert parse_packet(data) == expected
    bare = body[body.index(b"<rdf:RDF") : body.index(b"</x:xmpmeta>")]
    assert parse_packet(bare) == expected, "no x:xmpmeta around it"
    assert parse_packet(build_packet(expected)) == expected


def test_structures_qualifiers_and_languages_come_back_as_they_are() -> None:
    bodies = [
        '<a:p rdf:parseType="Resource"><b:q xmlns:b="urn:b" b:r="1">t</b:q></a:p>',
        '<a:p rdf:resource="urn:x"/>',
        '<a:p xml:lang="en">text</a:p>',
        '<a:p><rdf:Alt><rdf:li xml:lang="x-default">t</rdf:li></rdf:Alt></a:p>',
        "<a:p>mixed<rdf:Seq><rdf:li>t</rdf:li></rdf:Seq></a:p>",
        "<a:p><rdf:Seq><rdf:li><a:q>1</a:q></rdf:li></rdf:Seq></a:p>",
    ]
    for body in bodies:
        (item,) = tree = parse_packet(packet(body))
        assert isinstance(item.value, Opaque), body
        element = parse_element(item.value.xml.encode())
        assert (element.tag, text(element)) == (
            "{urn:a}p",
            text(parse_element(packet(body))),
        )
        assert parse_packet(build_packet(tree)) == tree


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True) | st.just("größe")
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\r\n\t&<>\"'"),
    max_size=12,
)
namespaces = st.sampled_from(["urn:a", "urn:b&c", "relative", "http://ns.apple.com/depthData/1.0/"])
prefixes = st.sampled_from(["a", "b", "rdf", "x", "xml", "xmlns", "", "1", "depthData"])
trees = (
    st.lists(
        st.builds(Property, namespaces, prefixes, names, texts)
        | st.builds(
            Property,
            namespaces,
            prefixes,
            names,
            st.lists(texts, max_size=3).map(tuple),
            st.sampled_from(["Seq", "Bag", "Alt"]),
        ),
        max_size=6,
        unique_by=lambda one: (one.namespace, one.name),
    )
    .flatmap(
        lambda some: st.sampled_from(
            [
                some,
                [
                    Property(
                        "urn:o", "o", "s", Opaque('<o:s xmlns:o="urn:o" o:t="&quot;1"><o:u>&amp;</o:u></o:s>')
                    ),
                    *some,
                ],
            ]
        )
    )
    .map(tuple)
)


@settings(max_examples=150, deadline=None)
@given(trees)
@example(())
def test_any_tree_comes_back(tree: tuple[Property, ...]) -> None:
    data = build_packet(tree)
    assert parse_packet(data) == tree
    assert build_packet(tree) == data
    assert data.startswith(b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0.0">\n   <rdf:RDF')
    assert data.endswith(b"   </rdf:RDF>\n</x:xmpmeta>\n")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY a%d "&a%d;&a%d;">' % (n, n - 1, n - 1) for n in range(1, 30))
    + b"]>"
)
REFUSED = {
    "empty": b"",
    "NULs": b"\0\0\0",
    "text": b"hello",
    "cut": packet("<a:p>1</a:p>")[:-20],
    "no RDF": b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
    "bomb": BOMB + packet("<a:p>&a29;</a:p>"),
    "external entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + packet("<a:p>&e;</a:p>"),
    "external DTD": b'<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">' + packet("<a:p>1</a:p>"),
    "undefined entity": packet("<a:p>&e;</a:p>"),
    "too large": packet("<a:p>" + "x" * MAX_XMP_BYTES + "</a:p>"),
    "too many elements": packet("<a:p/>" * (MAX_MARKUP + 1)),
    "too many attributes": packet("", "".join(f' a:n{n}="1"' for n in range(MAX_MARKUP))),
    "too many namespaces": packet("", "".join(f' xmlns:n{n}="urn:{n}"' for n in range(MAX_NAMESPACES))),
    "too deep": packet("<a:p>" * MAX_NESTING + "</a:p>" * MAX_NESTING),
    "far too deep": packet("<a:p>" * 4000 + "</a:p>" * 4000),
    "UTF-16": packet("<a:p>1</a:p>").decode().encode("utf-16"),
    "not UTF-8": packet("<a:p>?</a:p>").replace(b"?", b"\xff"),
    "NUL inside": packet("<a:p>?</a:p>").replace(b"?", b"\0"),
    "duplicate attribute": packet("", ' a:p="1" a:p="2"'),
    "undeclared prefix": packet("<q:p/>"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_and_other_data_is_refused_soon(name: str) -> None:
    start = time.process_time()
    with pytest.raises(MalformedError) as caught:
        parse_packet(REFUSED[name])
    assert time.process_time() - start < 2
    assert "\n" not in caught.value.message and not caught.value.message.endswith(".")


def test_an_encoding_declaration_hides_nothing() -> None:
    hidden = b"+ADwAIQ-DOCTYPE x+AD4-" + packet("<a:p>1</a:p>")
    with pytest.raises(MalformedError):
        parse_packet(b'<?xml version="1.0" encoding="UTF-7"?>' + hidden)
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + packet("<a:p>é</a:p>")
    assert parse_packet(latin)[0].value == "é"


def test_packets_within_the_limits_are_read() -> None:
    assert len(parse_packet(packet("", "".join(f' a:n{n}="1"' for n in range(4900))))) == 4900
    deep = MAX_NESTING - 3
    (item,) = parse_packet(packet("<a:p>" * deep + "</a:p>" * deep))
    assert isinstance(item.value, Opaque)


@pytest.mark.parametrize(
    ("tree", "error"),
    [
        ((Property("urn:a", "a", "p", "\x01"),), MalformedError),
        ((Property("urn:a", "a", "p", "\ud800"),), MalformedError),
        ((Property("urn:a", "a", "p q", "1"),), MalformedError),
        ((Property("", "a", "p", "1"),), MalformedError),
        ((Property("urn:a b", "a", "p", "1"),), MalformedError),
        ((Property('urn:"<', "a", "p", "1"),), MalformedError),
        ((Property("urn:a", "a", "p", "1"), Property("urn:a", "b", "p", "2")), RefusedError),
        ((Property("urn:a", "a", "p", Opaque("<a:p>")),), MalformedError),
        ((Property("urn:a", "a", "p", Opaque('<a:q xmlns:a="urn:a"/>')),), MalformedError),
        (
            (
                Property(
                    "urn:a", "a", "p", Opaque('<a:p xmlns:a="urn:a" a:c="1"></a:p><a:r xmlns:a="urn:a"/>')
                ),
            ),
            MalformedError,
        ),
        ((Property("urn:a", "a", "p", "x" * MAX_XMP_BYTES),), RefusedError),
    ],
)
def test_what_xml_cannot_hold_is_not_written(tree: tuple[Property, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        build_packet(tree)


def test_broken_packets_raise_only_our_errors() -> None:
    seed = build_packet(
        (
            Property("urn:a", "a", "p", "1"),
            Property("urn:a", "a", "q", ("1", "2")),
            Property("urn:o", "o", "s", Opaque('<o:s xmlns:o="urn:o" o:t="1"/>')),
        )
    )
    rng = random.Random(7)
    kept = 0
    for _ in range(1500):
        data = bytearray(seed)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            match rng.randrange(3):
                case 0:
                    data[place] = rng.randrange(256)
                case 1:
                    del data[place : place + rng.randint(1, 30)]
                case _:
                    start = rng.randrange(len(data))
                    data[place:place] = data[start : start + 30]
        try:
            tree = parse_packet(bytes(data))
        except DepthauthorError:
            continue
        kept += 1
        assert parse_packet(build_packet(tree)) == tree
    assert kept > 20, "some damage leaves XML well formed"
