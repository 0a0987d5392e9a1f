"""Conversions of documents of any size: from one object in S3 to another, as a stream.

state       a conversion through the service's own bucket: how it begins, how far it is, how it ended
fleet       every object under a prefix
transfer    converts one object into another, whoever owns them
storage     S3 as both see it

Glossary
    conversion  one document and what becomes of it; its id is all that a client needs to know
    document    the object that is converted
    result      the object that it is converted into
    outcome     how a conversion ended: done, or failed with a problem
"""
