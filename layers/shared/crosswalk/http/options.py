"""The converter's options as query parameters, one model for each direction.

The converter itself refuses an option that does not apply to the mapping.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from crosswalk.http.parameters import TrueOrFalse, WholeNumber


class JsonToXmlOptions(BaseModel):
    """The query of POST /json2xml."""

    model_config = ConfigDict(extra="forbid")

    mapping: Literal["item", "natural", "xpath", "jsonml"] = Field("item", description="The rules to convert by.")
    indent: WholeNumber = Field(
        0, ge=0, le=8, description="Spaces for each level; 0 writes no white space. Not with jsonml."
    )
    attribute_prefix: str = Field(
        "@",
        description="natural: what the names of members begin with that are attributes, up to 16 characters of JSON.",
    )
    text_key: str = Field(
        "#text", description="natural: the member that is an element's text, up to 16 characters of JSON."
    )
    root: str = Field("root", description="natural: the name of the root element, where the document gives none.")
    item: str = Field("item", description="natural: the name of elements for items of a list without a name.")
    lines: TrueOrFalse = Field(
        False, description="natural: the document is JSON Lines, and each line becomes a child of the root."
    )
    escape: TrueOrFalse = Field(
        True, description="xpath: write what XML cannot carry as JSON escapes, so nothing is lost."
    )
    duplicates: str = Field(
        "reject",
        description="xpath: what becomes of members with the same name.",
        # The converter refuses any other, with the specification's own code.
        json_schema_extra={"enum": ["reject", "use-first", "retain"]},
    )

    def choose(self) -> dict[str, Any]:
        """What the query asks for, as the converter takes it."""
        return self.model_dump(exclude_unset=True)


class XmlToJsonOptions(BaseModel):
    """The query of POST /xml2json."""

    model_config = ConfigDict(extra="forbid")

    mapping: Literal["auto", "item", "natural", "xpath", "jsonml"] = Field(
        "auto", description="The rules to convert by; auto knows item and xpath by their root and else takes natural."
    )
    indent: WholeNumber = Field(0, ge=0, le=8, description="Spaces for each level; 0 writes no white space.")
    attribute_prefix: str = Field(
        "@", description="natural: what the names of members for attributes begin with, up to 16 characters of JSON."
    )
    text_key: str = Field(
        "#text", description="natural: the member for an element's text, up to 16 characters of JSON."
    )
    force_list: str = Field("", description="natural: names, separated by commas, of elements that are always lists.")
    strip_whitespace: TrueOrFalse = Field(True, description="natural: leave out white space around text.")
    namespaces: Literal["prefixed", "expanded"] = Field(
        "prefixed", description="natural: names as written, or with their namespace in the prefix's place (one-way)."
    )
    types: Literal["strings", "infer"] = Field(
        "strings", description="natural: every text a string, or true, false and numbers as what they look like."
    )
    lines: TrueOrFalse = Field(
        False, description="natural: write JSON Lines, a line for each record, instead of one document."
    )
    record: str = Field(
        "",
        description="natural: with lines, the name of the elements that are records; by default the root's children.",
    )

    def choose(self) -> dict[str, Any]:
        """What the query asks for, as the converter takes it."""
        chosen = self.model_dump(exclude_unset=True)
        if "force_list" in chosen:
            chosen["force_list"] = [name.strip() for name in self.force_list.split(",") if name.strip()]
        return chosen
