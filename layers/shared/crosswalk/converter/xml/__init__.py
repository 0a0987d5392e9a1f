"""Reads untrusted XML safely, with expat through defusedxml, and writes what stands in XML.

    document --encoding--> UTF-8 --reader--> the callbacks of a mapping

Decoding is ours, strict and up front, so expat never chooses an encoding. A DOCTYPE is checked by itself and then
blanked out: once one names an external subset, expat silently drops references to undeclared entities, in attribute
values without any event; without a DOCTYPE they are errors everywhere. Prefixes are ours to look up, too: expat writes
each name's namespace out in full, however long it is. Nothing is ever fetched.
"""
