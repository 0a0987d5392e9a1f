"""The documents that everything is measured on: of about any size, always the same, all made here.

json_kinds  JSON: five kinds of ours, and six in the likeness of what people have
xml_kinds   XML as people have it: feeds, builds, drawings, schemas, maps, texts, office files
forms       one ITEM document as other writers would write it
hostile     documents made to be slow or large
"""

from benchmarks.documents.forms import respell
from benchmarks.documents.json_kinds import KINDS as JSON_KINDS
from benchmarks.documents.json_kinds import PEOPLES, make_json
from benchmarks.documents.xml_kinds import KINDS as XML_KINDS
from benchmarks.documents.xml_kinds import make_xml

__all__ = ["JSON_KINDS", "PEOPLES", "XML_KINDS", "make_json", "make_xml", "respell"]
