"""XML documents in the likeness of what people have: twelve vocabularies, each with the shapes that are its own.

A kind is what stands before its records, a record, and what stands behind them. Texts and numbers are made up.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.documents.json_kinds import HTML, TITLES, WORDS

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Kind:
    opening: str
    make: Callable[[random.Random, int], str]
    closing: str


def _words(random: random.Random, number: int) -> str:
    return " ".join(random.choices(WORDS, k=number))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _rss(random: random.Random, number: int) -> str:
    return f"""    <item>
      <title>{_escape(random.choice(TITLES))} {number}</title>
      <link>https://example.org/{number}?a=1&amp;b=2</link>
      <guid isPermaLink="false">{number:032x}</guid>
      <pubDate>Sun, 31 Aug 2025 00:29:{number % 60:02} GMT</pubDate>
      <dc:creator><![CDATA[{_words(random, 2)}]]></dc:creator>
      <category><![CDATA[{random.choice(WORDS)}]]></category>
      <description>{_escape(random.choice(HTML))} {_words(random, 20)}&#8217;s</description>
      <content:encoded><![CDATA[{"".join(f"<p>{_words(random, 30)}</p>" for _ in range(4))}]]></content:encoded>
    </item>
"""


def _atom(random: random.Random, number: int) -> str:
    return f"""  <entry>
    <title type="html">{_escape(random.choice(TITLES))}</title>
    <link href="https://example.org/{number}" rel="alternate" type="text/html"/>
    <published>2025-08-31T00:29:{number % 60:02}+00:00</published>
    <id>tag:example.org,2025:{number}</id>
    <content type="html" xml:base="https://example.org/{number}">{_escape(f"<p>{_words(random, 60)}</p>")}</content>
    <author><name>{_words(random, 2)}</name></author>
    <category term="{random.choice(WORDS)}"/><category term="{random.choice(WORDS)}"/>
    <media:thumbnail url="https://images.example/{number}.png"/>
  </entry>
"""


def _maven(random: random.Random, number: int) -> str:
    return f"""    <dependency>
      <groupId>org.example.{random.choice(WORDS)}</groupId>
      <artifactId>{random.choice(WORDS)}-{random.choice(WORDS)}</artifactId>
      <version>${{{random.choice(WORDS)}.version}}</version>
      <!-- {_words(random, 5)} -->
      <exclusions>
        <exclusion>
          <groupId>commons-{random.choice(WORDS)}</groupId>
          <artifactId>*</artifactId>
        </exclusion>
      </exclusions>
      <scope>test</scope>
    </dependency>
"""


def _svg(random: random.Random, number: int) -> str:
    """A shape is one long attribute."""
    path = "".join(f"c{random.uniform(-9, 9):.3f},{random.uniform(-9, 9):.3f} " for _ in range(90))
    return f"""  <g id="g{number}" transform="translate({number % 100},7)" inkscape:label="{random.choice(WORDS)}">
    <path d="M 0,0 {path}z" style="fill:#{number % 4096:03x};stroke:none;stroke-width:0.5" id="path{number}" />
    <use xlink:href="#path{number}" x="{number}" />
  </g>
"""


def _xsd(random: random.Random, number: int) -> str:
    return f"""  <xs:complexType name="{random.choice(WORDS)}{number}">
    <xs:annotation><xs:documentation xml:lang="en">{_words(random, 15)}</xs:documentation></xs:annotation>
    <xs:sequence>
      <xs:element name="{random.choice(WORDS)}" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
      <xs:element ref="tns:{random.choice(WORDS)}"/>
    </xs:sequence>
    <xs:attribute name="id" type="xs:ID" use="required"/>
  </xs:complexType>
"""


def _xslt(random: random.Random, number: int) -> str:
    return f"""<xsl:template match="{random.choice(WORDS)}/{random.choice(WORDS)}[@n &gt; {number}]" mode="m{number}">
  <xsl:param name="p" select="'{random.choice(WORDS)}'"/>
  <xsl:choose>
    <xsl:when test="$p = 'x' and not(@y)"><xsl:value-of select="concat('a', $p)"/></xsl:when>
    <xsl:otherwise><div class="{{$p}}"><xsl:apply-templates select="*"/> {_words(random, 4)}</div></xsl:otherwise>
  </xsl:choose>
</xsl:template>

"""


def _kml(random: random.Random, number: int) -> str:
    places = " ".join(f"{random.uniform(5, 15):.6f},{random.uniform(45, 55):.6f},0" for _ in range(50))
    return f"""    <Placemark id="p{number}">
      <name>{random.choice(TITLES).replace("&", "und")}</name>
      <description><![CDATA[{random.choice(HTML)}]]></description>
      <ExtendedData><Data name="{random.choice(WORDS)}"><value>{number}</value></Data></ExtendedData>
      <LineString><tessellate>1</tessellate><coordinates>{places}</coordinates></LineString>
    </Placemark>
"""


def _tei(random: random.Random, number: int) -> str:
    """Prose with markup in the midst of it: text on both sides of elements."""
    line = f'{_words(random, 9)} <persName ref="#p{number}">{random.choice(TITLES).replace("&", "u.")}</persName>'
    return f"""      <p xml:id="p{number}" n="{number}">{line}, <hi rend="italic">{_words(random, 2)}</hi>
        {_words(random, 12)}<lb/> {_words(random, 6)} <note place="foot">{_words(random, 8)}</note>.</p>
"""


def _gpx(random: random.Random, number: int) -> str:
    return f"""   <trkpt lat="{random.uniform(45, 55):.7f}" lon="{random.uniform(5, 15):.7f}">
    <ele>{random.uniform(0, 900):.1f}</ele>
    <time>2025-08-31T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z</time>
    <extensions><gpxtpx:Extension><gpxtpx:hr>{number % 99}</gpxtpx:hr></gpxtpx:Extension></extensions>
   </trkpt>
"""


def _word(random: random.Random, number: int) -> str:
    runs = "".join(
        f'<w:r w:rsidRPr="00A{number % 9973:05}"><w:rPr><w:b/><w:sz w:val="22"/></w:rPr>'
        f'<w:t xml:space="preserve">{_words(random, 4)} </w:t></w:r>'
        for _ in range(5)
    )
    return f'<w:p w14:paraId="{number:08X}"><w:pPr><w:pStyle w:val="Body"/><w:jc w:val="both"/></w:pPr>{runs}</w:p>'


def _sheet(random: random.Random, number: int) -> str:
    cells = "".join(f'<c r="{column}{number}" s="3"><v>{random.uniform(0, 999):.2f}</v></c>' for column in "BCDEFGH")
    return (
        f'<row r="{number}" spans="1:8" x14ac:dyDescent="0.25"><c r="A{number}" t="s"><v>{number}</v></c>{cells}</row>'
    )


def _strings(random: random.Random, number: int) -> str:
    return f"<si><t>{_escape(random.choice(TITLES))} {number}</t></si>"


OOXML = "http://schemas.openxmlformats.org"
KINDS: dict[str, Kind] = {
    "RSS": Kind(
        f'{DECLARATION}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/">\n  <channel>\n    <title>News</title>\n',
        _rss,
        "  </channel>\n</rss>\n",
    ),
    "Atom": Kind(
        f'{DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">\n'
        "  <title>News</title>\n",
        _atom,
        "</feed>\n",
    ),
    "Maven": Kind(
        f'{DECLARATION}<project xmlns="http://maven.apache.org/POM/4.0.0"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\n'
        '  xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">\n'
        "  <modelVersion>4.0.0</modelVersion>\n  <dependencies>\n",
        _maven,
        "  </dependencies>\n</project>\n",
    ),
    "SVG": Kind(
        f'{DECLARATION}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="800" viewBox="0 0 800 600">\n',
        _svg,
        "</svg>\n",
    ),
    "XSD": Kind(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="urn:example:tns"'
        ' targetNamespace="urn:example:tns" elementFormDefault="qualified">\n',
        _xsd,
        "</xs:schema>\n",
    ),
    "XSLT": Kind(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">\n',
        _xslt,
        "</xsl:stylesheet>\n",
    ),
    "KML": Kind(
        f'{DECLARATION}<kml xmlns="http://www.opengis.net/kml/2.2">\n  <Document>\n',
        _kml,
        "  </Document>\n</kml>\n",
    ),
    "TEI": Kind(
        f'{DECLARATION}<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="de">\n  <text><body>\n',
        _tei,
        "  </body></text>\n</TEI>\n",
    ),
    "GPX": Kind(
        f'{DECLARATION}<gpx version="1.1" creator="example" xmlns="http://www.topografix.com/GPX/1/1"'
        ' xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">\n <trk><trkseg>\n',
        _gpx,
        " </trkseg></trk>\n</gpx>\n",
    ),
    "OOXML text": Kind(
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f'<w:document xmlns:w="{OOXML}/wordprocessingml/2006/main" xmlns:r="{OOXML}/officeDocument/2006/relationships"'
        ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"><w:body>',
        _word,
        "</w:body></w:document>",
    ),
    "OOXML sheet": Kind(
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f'<worksheet xmlns="{OOXML}/spreadsheetml/2006/main"'
        ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"><sheetData>',
        _sheet,
        "</sheetData></worksheet>",
    ),
    "OOXML strings": Kind(f'<sst xmlns="{OOXML}/spreadsheetml/2006/main">', _strings, "</sst>"),
}


def make_xml(kind: str, size: int) -> bytes:
    """An XML document of this kind and of about this many bytes."""
    chosen, source = KINDS[kind], random.Random(kind)
    parts = [chosen.opening]
    length = len(chosen.opening) + len(chosen.closing)
    while length < size:
        parts.append(chosen.make(source, len(parts)))
        length += len(parts[-1].encode())
    return "".join([*parts, chosen.closing]).encode()
